CREATE OR REPLACE FUNCTION rosterd.district_bulk() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_switched bigint;
BEGIN
    SELECT count(*) INTO v_switched FROM old_rows o JOIN new_rows n USING (district_id)
    WHERE (o.sync_enabled, o.paused_until) IS DISTINCT FROM (n.sync_enabled, n.paused_until);
    IF v_switched > 3 AND NOT rosterd.is_one_of(lower(current_setting('rosterd.allow_bulk', true)), 'on', 'true', 'yes', '1') THEN
        RAISE EXCEPTION USING ERRCODE = 'triggered_data_change_violation',
            MESSAGE = format('this statement would switch or pause %s districts at once; nothing was changed', v_switched),
            HINT = 'Did the WHERE go missing? If it is meant: BEGIN; SET LOCAL rosterd.allow_bulk = ''on''; UPDATE ...; COMMIT;';
    END IF;
    RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER district_bulk AFTER UPDATE ON rosterd.district
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rosterd.district_bulk();

COMMENT ON FUNCTION rosterd.district_bulk() IS 'Refuses a statement that switches or pauses more than three districts, unless the transaction says it is meant.';
REVOKE ALL ON FUNCTION rosterd.district_bulk() FROM PUBLIC;
