-- Counts no further than it has to: what a plan takes away is far below its limit nearly always, and to
-- see that one need not go through the district. Some are counted with what repeats among them (who is at
-- several schools, guardians of several children), and of invitees the guardians only, so false may also
-- mean that too few were looked at.
CREATE OR REPLACE FUNCTION sync.live_at_least(p_district bigint, p_kind text, p_school bigint, p_need bigint) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
-- By the indexes and in the order written, whatever statistics say, and planned once a session: it is asked for
-- every school. OFFSET 0 keeps the order: what is behind it is looked up for each row before it.
SET plan_cache_mode = force_generic_plan SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $function$
DECLARE
    v_role CONSTANT text := rtrim(p_kind, 's');
BEGIN
    IF p_school <> 0 THEN
        RETURN p_need <= CASE p_kind
            WHEN 'classrooms' THEN (SELECT count(*) FROM (
                SELECT FROM directory.classroom c
                WHERE c.district_id = p_district AND c.school_id = p_school AND c.state = 'active' LIMIT p_need) x)
            WHEN 'memberships' THEN (SELECT count(*) FROM (
                SELECT FROM directory.classroom c
                CROSS JOIN LATERAL (SELECT FROM directory.member m WHERE m.district_id = p_district AND m.classroom_id = c.classroom_id OFFSET 0) m
                WHERE c.district_id = p_district AND c.school_id = p_school AND c.state = 'active' LIMIT p_need) x)
            WHEN 'guardianships' THEN (SELECT count(*) FROM (
                SELECT FROM directory.role r
                CROSS JOIN LATERAL (SELECT FROM directory.guardianship g WHERE g.district_id = p_district AND g.student_id = r.person_id OFFSET 0) g
                WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student' AND r.state = 'active' LIMIT p_need) x)
            WHEN 'guardians' THEN (SELECT count(DISTINCT x.guardian_id) FROM (
                SELECT g.guardian_id FROM directory.role r
                CROSS JOIN LATERAL (SELECT g.guardian_id FROM directory.guardianship g WHERE g.district_id = p_district AND g.student_id = r.person_id OFFSET 0) g
                WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student' AND r.state = 'active' LIMIT 4 * p_need) x)
            WHEN 'invitees' THEN (SELECT count(DISTINCT x.guardian_id) FROM (
                SELECT g.guardian_id FROM directory.role r
                CROSS JOIN LATERAL (SELECT g.guardian_id FROM directory.guardianship g WHERE g.district_id = p_district AND g.student_id = r.person_id OFFSET 0) g
                CROSS JOIN LATERAL (SELECT FROM directory.person d WHERE d.district_id = p_district AND d.person_id = g.guardian_id AND d.status = 'invitee' OFFSET 0) d
                WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student' AND r.state = 'active' LIMIT 4 * p_need) x)
            ELSE (SELECT count(*) FROM (
                SELECT FROM directory.role r
                WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = v_role AND r.state = 'active' LIMIT p_need) x) END;
    END IF;
    RETURN p_need <= CASE p_kind
        WHEN 'classrooms' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c WHERE c.district_id = p_district AND c.state = 'active' LIMIT p_need) x)
        WHEN 'memberships' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c
            CROSS JOIN LATERAL (SELECT FROM directory.member m WHERE m.district_id = p_district AND m.classroom_id = c.classroom_id OFFSET 0) m
            WHERE c.district_id = p_district AND c.state = 'active' LIMIT p_need) x)
        WHEN 'guardianships' THEN (SELECT count(DISTINCT (x.student, x.guardian)) FROM (
            SELECT g.student, g.guardian FROM sync.live_guardianship g WHERE g.district_id = p_district LIMIT 2 * p_need) x)
        WHEN 'guardians' THEN (SELECT count(DISTINCT x.guardian) FROM (
            SELECT g.guardian FROM sync.live_guardianship g WHERE g.district_id = p_district LIMIT 4 * p_need) x)
        WHEN 'invitees' THEN (SELECT count(DISTINCT x.guardian) FROM (
            SELECT g.guardian FROM sync.live_guardianship g
            JOIN directory.person d ON d.district_id = p_district AND d.person_id = g.guardian AND d.status = 'invitee'
            WHERE g.district_id = p_district LIMIT 4 * p_need) x)
        ELSE (SELECT count(DISTINCT x.person_id) FROM (
            SELECT r.person_id FROM directory.role r
            WHERE r.district_id = p_district AND r.role = v_role AND r.state = 'active' LIMIT 2 * p_need) x) END;
END
$function$;

COMMENT ON FUNCTION sync.live_at_least(bigint, text, bigint, bigint) IS
    'True: of this kind so many or more are in the directory now, at a school or (0) in the district. False: fewer, or it takes sync.live_counts to know (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.live_at_least(bigint, text, bigint, bigint) FROM PUBLIC;
