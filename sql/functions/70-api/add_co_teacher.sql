CREATE OR REPLACE FUNCTION api.add_co_teacher(p_district bigint, p_actor bigint, p_classroom bigint, p_teacher bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.check_insider(p_district, p_actor, 'the role of a leader of this school, or of a teacher of this classroom');
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.person_of(p_district, p_teacher);
    PERFORM api.check_roster_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);
    PERFORM api.lock_people(p_district, ARRAY[p_teacher]);
    IF NOT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_teacher AND r.school_id = v_classroom.school_id
                      AND r.role = 'teacher' AND r.state = 'active') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such teacher at this school',
            HINT = 'A leader can add the teacher to the school first.';
    END IF;
    PERFORM api.put_member(p_district, p_actor, 'add_co_teacher', CASE WHEN v_classroom.synced THEN 'CLS-5' ELSE 'CLS-8' END,
                           p_classroom, p_teacher, 'teacher');
END
$$;
COMMENT ON FUNCTION api.add_co_teacher(bigint, bigint, bigint, bigint) IS
    'Gives a classroom another teacher of the school (CLS-5, CLS-8; RS008, RS001).';
REVOKE ALL ON FUNCTION api.add_co_teacher(bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_co_teacher(bigint, bigint, bigint, bigint) TO rosterd_app;
