CREATE OR REPLACE FUNCTION sync.guard_in_file(p_slot smallint) RETURNS TABLE (kind text, school_id bigint, n bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT (SELECT s.staged FROM sync.scope s WHERE s.slot = p_slot) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH person AS MATERIALIZED (
        SELECT p.sourced_id, p.roles, sync.has_role(p.roles, 'student') AS is_student, sync.has_role(p.roles, 'teacher') AS is_teacher,
               sync.has_role(p.roles, 'guardian') OR sync.has_role(p.roles, 'parent') OR v.relatives_are_guardians AND sync.has_role(p.roles, 'relative') AS is_guardian
        FROM stage.person p JOIN sync.scope v ON v.slot = p_slot
        WHERE p.slot = p_slot
    ), place AS MATERIALIZED (
        SELECT DISTINCT p.sourced_id, p.is_student, p.is_teacher, o.school_id
        FROM person p
        CROSS JOIN LATERAL unnest(string_to_array(p.roles, U&'\001F')) AS pair
        JOIN sync.after_org o ON o.slot = p_slot AND o.sourced_id = split_part(pair, U&'\001E', 2) AND o.is_school
        WHERE p.is_student OR p.is_teacher
    ), pair AS MATERIALIZED (
        SELECT DISTINCT CASE WHEN me.is_student THEN me.sourced_id ELSE other.sourced_id END AS student,
                        CASE WHEN me.is_student THEN other.sourced_id ELSE me.sourced_id END AS guardian
        FROM stage.link l
        JOIN person me ON me.sourced_id = l.sourced_id
        JOIN person other ON other.sourced_id = l.agent
        WHERE l.slot = p_slot AND (me.is_student AND other.is_guardian OR me.is_guardian AND other.is_student)
    ), item AS (
        SELECT 'students' AS kind, p.school_id, p.sourced_id AS one, NULL AS other FROM place p WHERE p.is_student
        UNION ALL SELECT 'students', 0, p.sourced_id, NULL FROM person p WHERE p.is_student
        UNION ALL SELECT 'teachers', p.school_id, p.sourced_id, NULL FROM place p WHERE p.is_teacher
        UNION ALL SELECT 'teachers', 0, p.sourced_id, NULL FROM person p WHERE p.is_teacher
        UNION ALL SELECT 'guardians', s.school_id, p.guardian, NULL FROM pair p JOIN place s ON s.sourced_id = p.student
        UNION ALL SELECT 'guardians', 0, p.sourced_id, NULL FROM person p WHERE p.is_guardian
        UNION ALL SELECT 'guardianships', s.school_id, p.student, p.guardian FROM pair p JOIN place s ON s.sourced_id = p.student
        UNION ALL SELECT 'guardianships', 0, p.student, p.guardian FROM pair p
        UNION ALL SELECT 'classrooms', s.school_id, c.sourced_id, NULL FROM stage.class c
                  CROSS JOIN LATERAL (SELECT o.school_id FROM sync.after_org o WHERE o.slot = p_slot AND o.sourced_id = c.school AND o.is_school
                                      UNION ALL SELECT 0) s WHERE c.slot = p_slot
        UNION ALL SELECT 'memberships', s.school_id, e.sourced_id, NULL FROM stage.enrollment e
                  JOIN stage.class c ON c.slot = p_slot AND c.sourced_id = e.class
                  JOIN sync.after_org s ON s.slot = p_slot AND s.sourced_id = c.school AND s.is_school
                  WHERE e.slot = p_slot AND e.role IN ('student', 'teacher')
        UNION ALL SELECT 'memberships', 0, e.sourced_id, NULL FROM stage.enrollment e WHERE e.slot = p_slot AND e.role IN ('student', 'teacher')
    )
    SELECT i.kind, i.school_id, count(DISTINCT (i.one, i.other)) FROM item i GROUP BY i.kind, i.school_id;
END
$function$;

COMMENT ON FUNCTION sync.guard_in_file(smallint) IS
    'How many of a kind the staged file has, by school and (0) in all; nothing for a run without a file (SAFE-4).';
REVOKE ALL ON FUNCTION sync.guard_in_file(smallint) FROM PUBLIC;
