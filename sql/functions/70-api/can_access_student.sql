-- Students themselves; their guardians, also of an archived student (ABN-S4); the staff of a school
-- in whose directory the student is; and who teaches a classroom the student is in, which after a
-- teacher or a student has left means the archived ones.
CREATE OR REPLACE FUNCTION api.can_access_student(p_district bigint, p_person bigint, p_student bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_student AND r.role = 'student')
       AND (p_person = p_student
            OR EXISTS (SELECT FROM directory.guardianship AS g
                        WHERE g.district_id = p_district AND g.student_id = p_student AND g.guardian_id = p_person)
            OR EXISTS (SELECT FROM directory.role AS s
                         JOIN directory.role AS r ON r.district_id = p_district AND r.person_id = p_person
                          AND (r.school_id = s.school_id OR r.role = 'district_leader')
                        WHERE s.district_id = p_district AND s.person_id = p_student AND s.role = 'student'
                          AND s.state IN ('active', 'archived')
                          AND r.role IN ('teacher', 'school_leader', 'district_leader') AND r.state = 'active')
            OR EXISTS (SELECT FROM directory.member AS m
                         JOIN directory.member AS t ON t.district_id = p_district AND t.classroom_id = m.classroom_id
                        WHERE m.district_id = p_district AND m.person_id = p_student AND m.role = 'student'
                          AND t.person_id = p_person AND t.role = 'teacher'))
$$;
COMMENT ON FUNCTION api.can_access_student(bigint, bigint, bigint) IS
    'Whether the person may open the student''s record: the student, their guardians, staff of their school, their teachers (ABN-S4, ABN-E2).';
REVOKE ALL ON FUNCTION api.can_access_student(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.can_access_student(bigint, bigint, bigint) TO rosterd_app;
