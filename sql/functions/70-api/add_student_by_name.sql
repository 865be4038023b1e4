-- The name must be identical to what the directory shows; a student is never made here.
CREATE OR REPLACE FUNCTION api.add_student_by_name(p_district bigint, p_actor bigint, p_classroom bigint,
                                                   p_given text, p_family text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
    v_students bigint[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.check_roster_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);

    SELECT coalesce(array_agg(p.person_id), '{}') INTO v_students
      FROM directory.role AS r
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = r.person_id
     WHERE r.district_id = p_district AND r.school_id = v_classroom.school_id AND r.role = 'student' AND r.state = 'active'
       AND sync.normalise_name(p.given_name) = sync.normalise_name(p_given)
       AND sync.normalise_name(p.family_name) = sync.normalise_name(p_family);
    IF cardinality(v_students) = 0 THEN
        PERFORM api.no_such_student();
    ELSIF cardinality(v_students) > 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'RS004', MESSAGE = 'several students of this school''s directory have this name',
            HINT = 'Choose the student in the directory instead.';
    END IF;
    PERFORM api.lock_people(p_district, v_students);
    PERFORM api.put_member(p_district, p_actor, 'add_student_by_name', CASE WHEN v_classroom.synced THEN 'CLS-4' ELSE 'CLS-8' END,
                           p_classroom, v_students[1], 'student');
    RETURN v_students[1];
END
$$;
COMMENT ON FUNCTION api.add_student_by_name(bigint, bigint, bigint, text, text) IS
    'Puts the one student of the school''s directory with this name into a classroom (CLS-2, CLS-4, CLS-8; RS008, RS001, RS003, RS004).';
REVOKE ALL ON FUNCTION api.add_student_by_name(bigint, bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_student_by_name(bigint, bigint, bigint, text, text) TO rosterd_app;
