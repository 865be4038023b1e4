-- One pass over the district for all that is asked, by hashes: statistics know nothing of a district that has
-- just arrived, and counting school by school would go through it once a school.
CREATE OR REPLACE FUNCTION sync.live_counts(p_district bigint, p_kinds text[])
RETURNS TABLE (kind text, school_id bigint, live bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_mergejoin = off SET jit = off
AS $function$
    WITH place AS MATERIALIZED (
        SELECT r.person_id, r.school_id, r.role
        FROM directory.role r
        WHERE r.district_id = p_district AND r.state = 'active' AND r.role IN ('student', 'teacher')
          AND p_kinds && ARRAY['students', 'teachers', 'guardians', 'guardianships', 'invitees']
    ), pair AS MATERIALIZED (
        SELECT g.student_id, g.guardian_id, p.school_id
        FROM directory.guardianship g JOIN place p ON p.person_id = g.student_id AND p.role = 'student'
        WHERE g.district_id = p_district AND p_kinds && ARRAY['guardians', 'guardianships', 'invitees']
    ), room AS MATERIALIZED (
        SELECT c.school_id, 1::bigint AS rooms, coalesce(m.members, 0) AS members
        FROM directory.classroom c
        LEFT JOIN (SELECT m.classroom_id, count(*) AS members FROM directory.member m
                   WHERE m.district_id = p_district AND 'memberships' = ANY (p_kinds) GROUP BY m.classroom_id) m USING (classroom_id)
        WHERE c.district_id = p_district AND c.state = 'active' AND p_kinds && ARRAY['classrooms', 'memberships']
    ), invitee AS MATERIALIZED (
        SELECT x.person_id, x.school_id
        FROM (SELECT p.person_id, p.school_id FROM place p UNION SELECT g.guardian_id, g.school_id FROM pair g) x
        JOIN directory.person d ON d.district_id = p_district AND d.person_id = x.person_id AND d.status = 'invitee'
        WHERE 'invitees' = ANY (p_kinds)
    ), counted (kind, school_id, live) AS (
        SELECT p.role || 's', p.school_id, count(*) FROM place p GROUP BY p.role, p.school_id
        UNION ALL SELECT p.role || 's', 0, count(*) FROM (SELECT DISTINCT p.role, p.person_id FROM place p) p GROUP BY p.role
        UNION ALL SELECT 'guardians', g.school_id, count(*) FROM (SELECT DISTINCT g.school_id, g.guardian_id FROM pair g) g GROUP BY g.school_id
        UNION ALL SELECT 'guardians', 0, count(*) FROM (SELECT DISTINCT g.guardian_id FROM pair g) g
        UNION ALL SELECT 'guardianships', g.school_id, count(*) FROM pair g GROUP BY g.school_id
        UNION ALL SELECT 'guardianships', 0, count(*) FROM (SELECT DISTINCT g.student_id, g.guardian_id FROM pair g) g
        UNION ALL SELECT 'classrooms', r.school_id, sum(r.rooms)::bigint FROM room r GROUP BY r.school_id
        UNION ALL SELECT 'classrooms', 0, sum(r.rooms)::bigint FROM room r
        UNION ALL SELECT 'memberships', r.school_id, sum(r.members)::bigint FROM room r GROUP BY r.school_id
        UNION ALL SELECT 'memberships', 0, sum(r.members)::bigint FROM room r
        UNION ALL SELECT 'invitees', i.school_id, count(*) FROM invitee i GROUP BY i.school_id
        UNION ALL SELECT 'invitees', 0, count(*) FROM (SELECT DISTINCT i.person_id FROM invitee i) i
    )
    SELECT c.kind, c.school_id::bigint, c.live FROM counted c WHERE c.kind = ANY (p_kinds) AND c.live > 0
$function$;

COMMENT ON FUNCTION sync.live_counts(bigint, text[]) IS
    'How many of each of the kinds there are in the directory now, by school and (0) in the district; no row where there is none. Kinds: students, teachers, guardians, guardianships, classrooms, memberships, invitees (all but those who are connected to nothing) (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.live_counts(bigint, text[]) FROM PUBLIC;
