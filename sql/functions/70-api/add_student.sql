CREATE OR REPLACE FUNCTION api.add_student(p_district bigint, p_actor bigint, p_classroom bigint, p_student bigint)
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
    PERFORM api.person_of(p_district, p_student);
    PERFORM api.check_roster_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);
    PERFORM api.lock_people(p_district, ARRAY[p_student]);
    IF NOT api.in_directory(p_district, v_classroom.school_id, p_student) THEN
        PERFORM api.no_such_student();
    END IF;
    PERFORM api.put_member(p_district, p_actor, 'add_student', CASE WHEN v_classroom.synced THEN 'CLS-4' ELSE 'CLS-8' END,
                           p_classroom, p_student, 'student');
END
$$;
COMMENT ON FUNCTION api.add_student(bigint, bigint, bigint, bigint) IS
    'Puts a student of the school''s directory into a classroom (CLS-2, CLS-4, CLS-8, STU-2; RS008, RS001, RS003).';
REVOKE ALL ON FUNCTION api.add_student(bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_student(bigint, bigint, bigint, bigint) TO rosterd_app;
