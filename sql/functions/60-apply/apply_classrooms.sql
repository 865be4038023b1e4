CREATE OR REPLACE FUNCTION sync.apply_classrooms(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.classroom', jsonb_build_object('classroom_id', p.classroom_id),
           jsonb_build_object('school_id', c.school_id, 'sis_name', c.sis_name, 'synced', c.synced, 'state', c.state, 'archived_by', c.archived_by),
           jsonb_build_object('school_id', p.school_id, 'sis_name', p.sis_name, 'synced', p.synced, 'state', p.state, 'archived_by', p.archived_by)
    FROM sync.plan_classroom p JOIN directory.classroom c ON c.district_id = (SELECT v.district_id) AND c.classroom_id = p.classroom_id
    WHERE p.slot = p_slot AND p.op = 'change';

    UPDATE directory.classroom c
    SET school_id = p.school_id, sis_name = p.sis_name, synced = p.synced, state = p.state, archived_by = p.archived_by
    FROM sync.plan_classroom p
    WHERE p.slot = p_slot AND p.op = 'change' AND c.district_id = (SELECT v.district_id) AND c.classroom_id = p.classroom_id;

    INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced, state, archived_by, created_by_run)
    SELECT v.district_id, p.classroom_id, p.school_id, p.sourced_id, p.sis_name, p.synced, p.state, p.archived_by, v.run_id
    FROM sync.plan_classroom p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.classroom_id;
END
$function$;

COMMENT ON FUNCTION sync.apply_classrooms(smallint) IS 'Writes what the plan says of classrooms (IN-1, CLS-7, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_classrooms(smallint) FROM PUBLIC;
