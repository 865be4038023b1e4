CREATE OR REPLACE FUNCTION sync.guard_judge(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
BEGIN
    SELECT s.district_id INTO STRICT v_district FROM sync.scope s WHERE s.slot = p_slot;
    PERFORM stage.empty_slot(sync.slot_tables('judged') || ARRAY['sync.after_org'], p_slot);
    PERFORM sync.after_orgs(p_slot, v_district);
    PERFORM sync.judge(p_slot);
    PERFORM sync.guard_items(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.guard_judge(smallint) IS 'Applies the rules anew to a delta the guard has changed, and counts again.';
REVOKE ALL ON FUNCTION sync.guard_judge(smallint) FROM PUBLIC;
