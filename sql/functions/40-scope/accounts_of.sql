-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.accounts_of(p_district bigint, p_people text[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(
        SELECT x.account FROM sis.person m CROSS JOIN LATERAL unnest(ARRAY[m.person_id, m.left_account]) AS x (account)
        WHERE m.district_id = p_district AND m.sourced_id = ANY (p_people) AND x.account IS NOT NULL)
$function$;

COMMENT ON FUNCTION sync.accounts_of(bigint, text[]) IS 'The accounts that these records have, and those that they have left.';
REVOKE ALL ON FUNCTION sync.accounts_of(bigint, text[]) FROM PUBLIC;
