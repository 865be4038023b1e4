CREATE OR REPLACE FUNCTION sync.enrollments_by_person(p_district bigint, p_people text[]) RETURNS SETOF sis.enrollment
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.enrollment m WHERE m.district_id = p_district AND p_people IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_people) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.enrollment x WHERE x.district_id = d.district_id AND x.person = d.k OFFSET 0) m
    WHERE p_people IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.enrollments_by_person(bigint, text[]) IS 'The mirror''s enrollments of these people; NULL: all of the district. See sync.people_by_id. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.enrollments_by_person(bigint, text[]) FROM PUBLIC;
