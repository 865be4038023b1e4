-- A change of settings, of the rules or of which schools there are reaches everybody. So does a
-- delta of more than a quarter of the people: following each row's neighbours then costs more than taking them all.
CREATE OR REPLACE FUNCTION sync.scope_is_whole(p_slot smallint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_judged sis.judged;
    v_changed bigint;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO v_judged FROM sis.judged j WHERE j.district_id = (SELECT v.district_id);
    IF NOT FOUND OR v_judged.settings_version <> v.settings_version OR v_judged.rules_version <> sync.rules_version() THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM sync.delta_org d WHERE d.slot = p_slot)
       OR EXISTS (SELECT FROM sync.mark m WHERE m.district_id = (SELECT v.district_id) AND m.kind = 'school') THEN
        RETURN true;
    END IF;
    SELECT count(*) INTO v_changed
    FROM (SELECT d.sourced_id FROM sync.delta_person d WHERE d.slot = p_slot
          UNION SELECT d.person FROM sync.delta_enrollment d WHERE d.slot = p_slot
          UNION SELECT d.student FROM sync.delta_link d WHERE d.slot = p_slot) AS changed;
    RETURN v_changed > sync.whole_from()
       AND (SELECT count(*) FROM (SELECT FROM sis.person m WHERE m.district_id = (SELECT v.district_id) LIMIT 4 * v_changed) x) < 4 * v_changed;
END
$function$;

COMMENT ON FUNCTION sync.scope_is_whole(smallint) IS 'Whether the whole district has to be judged again, not only what changed and its neighbours.';
REVOKE ALL ON FUNCTION sync.scope_is_whole(smallint) FROM PUBLIC;
