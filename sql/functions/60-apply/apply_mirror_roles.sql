CREATE OR REPLACE FUNCTION sync.apply_mirror_roles(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_people text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_people := CASE WHEN NOT v.whole THEN ARRAY(SELECT d.person FROM sync.delta_role d WHERE d.slot = p_slot AND d.op = 'gone') END;
    DELETE FROM sis.role m USING sync.delta_role d
    WHERE d.slot = p_slot AND d.op = 'gone' AND m.district_id = (SELECT v.district_id)
      AND (m.person, m.role, m.org, m.sourced_id) = (d.person, d.role, d.org, d.sourced_id)
      AND (v.whole OR m.person = ANY (v_people));
    INSERT INTO sis.role (district_id, person, role, org, sourced_id, changed_by_run)
    SELECT v.district_id, d.person, d.role, d.org, d.sourced_id, v.run_id
    FROM sync.delta_role d WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.person, d.role, d.org, d.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.apply_mirror_roles(smallint) IS 'Writes the rows of roles.csv of the delta into sis.';
REVOKE ALL ON FUNCTION sync.apply_mirror_roles(smallint) FROM PUBLIC;
