CREATE OR REPLACE FUNCTION sync.classes_by_id(p_district bigint, p_ids text[]) RETURNS SETOF sis.class
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.class m WHERE m.district_id = p_district AND p_ids IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_ids) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.class x WHERE x.district_id = d.district_id AND x.sourced_id = d.k OFFSET 0) m
    WHERE p_ids IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.classes_by_id(bigint, text[]) IS 'The mirror''s classes of these ids; NULL: all of the district. See sync.people_by_id. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.classes_by_id(bigint, text[]) FROM PUBLIC;
