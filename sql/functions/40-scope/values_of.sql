-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.values_of(p_district bigint, p_people text[], p_accounts bigint[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(
        SELECT unnest(ARRAY[m.email, m.sms, m.phone]) FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = ANY (p_people)
        UNION SELECT c.value FROM directory.credential c WHERE c.district_id = p_district AND c.person_id = ANY (p_accounts))
$function$;

COMMENT ON FUNCTION sync.values_of(bigint, text[], bigint[]) IS 'The e-mails and numbers that these records have in the mirror, and these accounts in the directory.';
REVOKE ALL ON FUNCTION sync.values_of(bigint, text[], bigint[]) FROM PUBLIC;
