-- The classrooms a person sees:
--   leaders      all of their schools
--   teachers     those they teach, archived ones also after they left the school (ABN-2)
--   students and their guardians   those the student is in: at a school the student is connected to,
--                and archived ones of a school the student left for another one (UPD-8). A student
--                who is archived opens no classroom to anybody (ABN-S4).
CREATE OR REPLACE FUNCTION api.visible_classrooms(p_district bigint, p_person bigint)
RETURNS TABLE (classroom_id bigint, school_id bigint, name text, state text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.classroom_id, c.school_id, c.name, c.state
      FROM directory.classroom AS c
     WHERE c.district_id = p_district
       AND c.classroom_id IN (
            SELECT l.classroom_id
              FROM directory.role AS r
              JOIN directory.classroom AS l ON l.district_id = p_district
               AND (l.school_id = r.school_id OR r.role = 'district_leader')
             WHERE r.district_id = p_district AND r.person_id = p_person AND r.state = 'active'
               AND r.role IN ('school_leader', 'district_leader')
             UNION
            SELECT t.classroom_id
              FROM directory.member AS t
             WHERE t.district_id = p_district AND t.person_id = p_person AND t.role = 'teacher'
             UNION
            SELECT m.classroom_id
              FROM (SELECT p_person AS person_id
                     UNION
                    SELECT g.student_id FROM directory.guardianship AS g
                     WHERE g.district_id = p_district AND g.guardian_id = p_person) AS child
              JOIN directory.member AS m ON m.district_id = p_district AND m.person_id = child.person_id AND m.role = 'student'
              JOIN directory.classroom AS k ON k.district_id = p_district AND k.classroom_id = m.classroom_id
              JOIN directory.role AS r ON r.district_id = p_district AND r.person_id = child.person_id
               AND r.role = 'student' AND r.state = 'active' AND (r.school_id = k.school_id OR k.state = 'archived'))
     ORDER BY c.state, c.name, c.classroom_id
$$;
COMMENT ON FUNCTION api.visible_classrooms(bigint, bigint) IS 'The classrooms a person sees (ABN-2, ABN-S1, ABN-S4, UPD-8).';
REVOKE ALL ON FUNCTION api.visible_classrooms(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.visible_classrooms(bigint, bigint) TO rosterd_app;
