-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.holders_of(p_district bigint, p_values text[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(SELECT DISTINCT c.person_id FROM directory.credential c WHERE c.district_id = p_district AND c.value = ANY (p_values))
$function$;

COMMENT ON FUNCTION sync.holders_of(bigint, text[]) IS 'Who holds these credentials.';
REVOKE ALL ON FUNCTION sync.holders_of(bigint, text[]) FROM PUBLIC;
