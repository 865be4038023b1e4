-- A student's backpack as one person sees it. The items live in classrooms, and are there as long as
-- the student is a member: so those of archived classrooms live on when the family has left (ABN-S3),
-- and nothing is left where EXTREME detached the memberships (ABN-E2). The student and the guardians
-- see all of it, a classroom's teachers and the school's leaders what belongs to theirs.
CREATE OR REPLACE FUNCTION api.visible_backpack(p_district bigint, p_person bigint, p_student bigint)
RETURNS TABLE (item_id bigint, classroom_id bigint, title text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.item_id, b.classroom_id, b.title, b.created_at
      FROM directory.backpack_item AS b
      JOIN directory.member AS m ON m.district_id = p_district AND m.classroom_id = b.classroom_id
       AND m.person_id = b.student_id AND m.role = 'student'
      JOIN directory.classroom AS c ON c.district_id = p_district AND c.classroom_id = b.classroom_id
     WHERE b.district_id = p_district AND b.student_id = p_student
       AND (p_person = p_student
            OR EXISTS (SELECT FROM directory.guardianship AS g
                        WHERE g.district_id = p_district AND g.student_id = p_student AND g.guardian_id = p_person)
            OR EXISTS (SELECT FROM directory.member AS t
                        WHERE t.district_id = p_district AND t.classroom_id = b.classroom_id
                          AND t.person_id = p_person AND t.role = 'teacher')
            OR api.leads(p_district, p_person, c.school_id))
     ORDER BY b.created_at, b.item_id
$$;
COMMENT ON FUNCTION api.visible_backpack(bigint, bigint, bigint) IS
    'The items of a student''s backpack that a person sees (ABN-S3, ABN-S4, ABN-E2).';
REVOKE ALL ON FUNCTION api.visible_backpack(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.visible_backpack(bigint, bigint, bigint) TO rosterd_app;
