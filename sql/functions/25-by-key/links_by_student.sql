CREATE OR REPLACE FUNCTION sync.links_by_student(p_district bigint, p_students text[]) RETURNS SETOF sis.link
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.link m WHERE m.district_id = p_district AND p_students IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_students) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.link x WHERE x.district_id = d.district_id AND x.student = d.k OFFSET 0) m
    WHERE p_students IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.links_by_student(bigint, text[]) IS 'The mirror''s links of these students; NULL: all of the district. See sync.people_by_id. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.links_by_student(bigint, text[]) FROM PUBLIC;
