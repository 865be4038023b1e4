-- Counts no further than it has to: what a plan takes away is far below its limit nearly always, and to
-- see that one need not go through the district. Some are counted with what repeats among them (who is at
-- several schools, guardians of several children), and of invitees the guardians only, so that what is not
-- answered may also be because too few were looked at.
CREATE OR REPLACE FUNCTION sync.live_at_least(p_district bigint, p_kinds text[], p_schools bigint[], p_needs bigint[])
RETURNS TABLE (kind text, school_id bigint, need bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- By the indexes and in the order written, whatever statistics say. OFFSET 0 keeps the order: what is behind it is
-- looked up for each row before it.
SET plan_cache_mode = force_custom_plan SET enable_nestloop = on SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $function$
BEGIN
    RETURN QUERY
    SELECT a.kind, a.school_id, a.need
    FROM unnest(p_kinds, p_schools, p_needs) AS a (kind, school_id, need)
    WHERE a.school_id <> 0 AND a.need <= CASE a.kind
        WHEN 'classrooms' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c
            WHERE c.district_id = (SELECT p_district) AND c.school_id = a.school_id AND c.state = 'active' LIMIT a.need) x)
        WHEN 'memberships' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c
            CROSS JOIN LATERAL (SELECT FROM directory.member m WHERE m.district_id = (SELECT p_district) AND m.classroom_id = c.classroom_id OFFSET 0) m
            WHERE c.district_id = (SELECT p_district) AND c.school_id = a.school_id AND c.state = 'active' LIMIT a.need) x)
        WHEN 'guardianships' THEN (SELECT count(*) FROM (
            SELECT FROM directory.role r
            CROSS JOIN LATERAL (SELECT FROM directory.guardianship g WHERE g.district_id = (SELECT p_district) AND g.student_id = r.person_id OFFSET 0) g
            WHERE r.district_id = (SELECT p_district) AND r.school_id = a.school_id AND r.role = 'student' AND r.state = 'active' LIMIT a.need) x)
        WHEN 'guardians' THEN (SELECT count(DISTINCT x.guardian_id) FROM (
            SELECT g.guardian_id FROM directory.role r
            CROSS JOIN LATERAL (SELECT g.guardian_id FROM directory.guardianship g WHERE g.district_id = (SELECT p_district) AND g.student_id = r.person_id OFFSET 0) g
            WHERE r.district_id = (SELECT p_district) AND r.school_id = a.school_id AND r.role = 'student' AND r.state = 'active' LIMIT 4 * a.need) x)
        WHEN 'invitees' THEN (SELECT count(DISTINCT x.guardian_id) FROM (
            SELECT g.guardian_id FROM directory.role r
            CROSS JOIN LATERAL (SELECT g.guardian_id FROM directory.guardianship g WHERE g.district_id = (SELECT p_district) AND g.student_id = r.person_id OFFSET 0) g
            CROSS JOIN LATERAL (SELECT FROM directory.person d WHERE d.district_id = (SELECT p_district) AND d.person_id = g.guardian_id AND d.status = 'invitee' OFFSET 0) d
            WHERE r.district_id = (SELECT p_district) AND r.school_id = a.school_id AND r.role = 'student' AND r.state = 'active' LIMIT 4 * a.need) x)
        ELSE (SELECT count(*) FROM (
            SELECT FROM directory.role r
            WHERE r.district_id = (SELECT p_district) AND r.school_id = a.school_id AND r.role = rtrim(a.kind, 's') AND r.state = 'active' LIMIT a.need) x) END
    UNION ALL
    SELECT a.kind, a.school_id, a.need
    FROM unnest(p_kinds, p_schools, p_needs) AS a (kind, school_id, need)
    WHERE a.school_id = 0 AND a.need <= CASE a.kind
        WHEN 'classrooms' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c WHERE c.district_id = (SELECT p_district) AND c.state = 'active' LIMIT a.need) x)
        WHEN 'memberships' THEN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c
            CROSS JOIN LATERAL (SELECT FROM directory.member m WHERE m.district_id = (SELECT p_district) AND m.classroom_id = c.classroom_id OFFSET 0) m
            WHERE c.district_id = (SELECT p_district) AND c.state = 'active' LIMIT a.need) x)
        WHEN 'guardianships' THEN (SELECT count(DISTINCT (x.student, x.guardian)) FROM (
            SELECT g.student, g.guardian FROM sync.live_guardianship g WHERE g.district_id = (SELECT p_district) LIMIT 2 * a.need) x)
        WHEN 'guardians' THEN (SELECT count(DISTINCT x.guardian) FROM (
            SELECT g.guardian FROM sync.live_guardianship g WHERE g.district_id = (SELECT p_district) LIMIT 4 * a.need) x)
        WHEN 'invitees' THEN (SELECT count(DISTINCT x.guardian) FROM (
            SELECT g.guardian FROM sync.live_guardianship g
            CROSS JOIN LATERAL (SELECT FROM directory.person d WHERE d.district_id = (SELECT p_district) AND d.person_id = g.guardian AND d.status = 'invitee' OFFSET 0) d
            WHERE g.district_id = (SELECT p_district) LIMIT 4 * a.need) x)
        ELSE (SELECT count(DISTINCT x.person_id) FROM (
            SELECT r.person_id FROM directory.role r
            WHERE r.district_id = (SELECT p_district) AND r.role = rtrim(a.kind, 's') AND r.state = 'active' LIMIT 2 * a.need) x) END;
END
$function$;

COMMENT ON FUNCTION sync.live_at_least(bigint, text[], bigint[], bigint[]) IS
    'Of these kinds, at these schools or (0) in the district, those of which so many as needed or more are in the directory now. The others: fewer, or it takes sync.live_counts to know. The arrays are of one length (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.live_at_least(bigint, text[], bigint[], bigint[]) FROM PUBLIC;
