CREATE OR REPLACE FUNCTION sync.links_by_guardian(p_district bigint, p_guardians text[]) RETURNS SETOF sis.link
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.link m WHERE m.district_id = p_district AND p_guardians IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_guardians) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.link x WHERE x.district_id = d.district_id AND x.guardian = d.k OFFSET 0) m
    WHERE p_guardians IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.links_by_guardian(bigint, text[]) IS 'The mirror''s links of these guardians; NULL: all of the district. See sync.people_by_id. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.links_by_guardian(bigint, text[]) FROM PUBLIC;
