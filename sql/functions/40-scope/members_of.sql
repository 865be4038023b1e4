-- Functions in SQL are planned without looking at what they are asked for. Where the statistics have not
-- heard of a district yet, the planner would take it for empty and read all of it to find a few; this way it takes it
-- for one like the others, and goes by the keys.
CREATE OR REPLACE FUNCTION sync.members_of(p_district bigint, p_classrooms bigint[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(SELECT DISTINCT m.person_id FROM directory.membership m WHERE m.district_id = p_district AND m.classroom_id = ANY (p_classrooms))
$function$;

COMMENT ON FUNCTION sync.members_of(bigint, bigint[]) IS 'Everybody who is or was in these classrooms.';
REVOKE ALL ON FUNCTION sync.members_of(bigint, bigint[]) FROM PUBLIC;
