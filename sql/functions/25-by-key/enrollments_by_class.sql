CREATE OR REPLACE FUNCTION sync.enrollments_by_class(p_district bigint, p_classes text[]) RETURNS SETOF sis.enrollment
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.enrollment m WHERE m.district_id = p_district AND p_classes IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_classes) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.enrollment x WHERE x.district_id = d.district_id AND x.class = d.k OFFSET 0) m
    WHERE p_classes IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.enrollments_by_class(bigint, text[]) IS 'The mirror''s enrollments in these classes; NULL: all of the district. See sync.people_by_id. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.enrollments_by_class(bigint, text[]) FROM PUBLIC;
