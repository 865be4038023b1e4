CREATE OR REPLACE FUNCTION sync.apply_schools(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.school', jsonb_build_object('school_id', p.school_id),
           jsonb_build_object('name', s.name, 'archived', s.archived), jsonb_build_object('name', p.name, 'archived', p.archived)
    FROM sync.plan_school p JOIN directory.school s ON s.district_id = (SELECT v.district_id) AND s.school_id = p.school_id
    WHERE p.slot = p_slot AND p.op = 'change';

    UPDATE directory.school s SET name = p.name, archived = p.archived
    FROM sync.plan_school p
    WHERE p.slot = p_slot AND p.op = 'change' AND s.district_id = (SELECT v.district_id) AND s.school_id = p.school_id;

    INSERT INTO directory.school (district_id, school_id, sourced_id, name, archived, created_by_run)
    SELECT v.district_id, p.school_id, p.sourced_id, p.name, p.archived, v.run_id
    FROM sync.plan_school p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.school_id;
END
$function$;

COMMENT ON FUNCTION sync.apply_schools(smallint) IS 'Writes what the plan says of schools (IN-1, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_schools(smallint) FROM PUBLIC;
