-- One look into the index a key, whatever the planner thinks. Of a district that statistics do not know yet it
-- expects one row: then it reads all that an index has of the district, any index, and compares each row with the
-- array. So the loop is not left to it (OFFSET 0), nor the number of the district shown.
CREATE OR REPLACE FUNCTION sync.people_by_id(p_district bigint, p_ids text[]) RETURNS SETOF sis.person
LANGUAGE sql STABLE
AS $function$
    SELECT m.* FROM sis.person m WHERE m.district_id = p_district AND p_ids IS NULL
    UNION ALL
    SELECT m.*
    FROM (SELECT DISTINCT p_district AS district_id, u.k FROM pg_catalog.unnest(p_ids) AS u (k)) d
    CROSS JOIN LATERAL (SELECT x.* FROM sis.person x WHERE x.district_id = d.district_id AND x.sourced_id = d.k OFFSET 0) m
    WHERE p_ids IS NOT NULL
$function$;

COMMENT ON FUNCTION sync.people_by_id(bigint, text[]) IS 'The mirror''s people of these ids; NULL: all of the district. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.people_by_id(bigint, text[]) FROM PUBLIC;
