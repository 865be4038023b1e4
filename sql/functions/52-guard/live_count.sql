-- Counts to p_most and no further: a night that loses ten only has to know that there are more than a
-- hundred. For that the rows have to come one by one, so loops are allowed here.
CREATE OR REPLACE FUNCTION sync.live_count(p_district bigint, p_kind text, p_school bigint, p_most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = on SET enable_hashjoin = off
AS $function$
BEGIN
    IF p_kind IN ('students', 'teachers') THEN
        RETURN (SELECT count(*) FROM (
            SELECT DISTINCT r.person_id FROM directory.role r
            WHERE r.district_id = p_district AND r.role = rtrim(p_kind, 's') AND r.state = 'active' AND (p_school = 0 OR r.school_id = p_school)
            LIMIT p_most) x);
    ELSIF p_kind = 'guardians' THEN
        RETURN (SELECT count(*) FROM (SELECT DISTINCT g.guardian FROM sync.live_guardianship g
                                      WHERE g.district_id = p_district AND (p_school = 0 OR g.school_id = p_school) LIMIT p_most) x);
    ELSIF p_kind = 'guardianships' THEN
        RETURN (SELECT count(*) FROM (SELECT DISTINCT g.student, g.guardian FROM sync.live_guardianship g
                                      WHERE g.district_id = p_district AND (p_school = 0 OR g.school_id = p_school) LIMIT p_most) x);
    ELSIF p_kind = 'classrooms' THEN
        RETURN (SELECT count(*) FROM (SELECT FROM directory.classroom c
                                      WHERE c.district_id = p_district AND c.state = 'active' AND (p_school = 0 OR c.school_id = p_school) LIMIT p_most) x);
    ELSIF p_kind = 'memberships' THEN
        RETURN (SELECT count(*) FROM (
            SELECT FROM directory.classroom c JOIN directory.member m ON m.district_id = c.district_id AND m.classroom_id = c.classroom_id
            WHERE c.district_id = p_district AND c.state = 'active' AND (p_school = 0 OR c.school_id = p_school) LIMIT p_most) x);
    END IF;
    -- invitees, all but those who are connected to nothing
    RETURN (SELECT count(*) FROM (
        SELECT DISTINCT x.person_id
        FROM (SELECT r.person_id, r.school_id FROM directory.role r
              WHERE r.district_id = p_district AND r.state = 'active' AND r.role IN ('student', 'teacher')
              UNION ALL
              SELECT g.guardian, g.school_id FROM sync.live_guardianship g WHERE g.district_id = p_district) x
        JOIN directory.person p ON p.district_id = p_district AND p.person_id = x.person_id AND p.status = 'invitee'
        WHERE p_school = 0 OR x.school_id = p_school
        LIMIT p_most) x);
END
$function$;

COMMENT ON FUNCTION sync.live_count(bigint, text, bigint, bigint) IS
    'How many of a kind there are in the directory now, at a school or (0) in the district; stops at p_most (NULL: counts them all) (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.live_count(bigint, text, bigint, bigint) FROM PUBLIC;
