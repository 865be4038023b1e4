CREATE OR REPLACE FUNCTION sync.hold_close(p_district bigint, p_run bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_held bigint;
BEGIN
    UPDATE rosterd.hold h SET closed_at = clock_timestamp(), closed_by_run = p_run
    WHERE h.district_id = (SELECT p_district) AND h.closed_at IS NULL AND h.run_id <> p_run
    RETURNING h.run_id INTO v_held;
    IF FOUND THEN
        UPDATE rosterd.run SET state = 'superseded', owner = 'nobody' WHERE run_id = v_held;
        PERFORM sync.forget_shown(p_district, v_held);
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.hold_close(bigint, bigint) IS
    'The district''s open hold, if it has one, ends with this run: carried out or replaced by a newer file. A rejected or broken file never comes here (SAFE-4).';
REVOKE ALL ON FUNCTION sync.hold_close(bigint, bigint) FROM PUBLIC;
