-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.records_of(p_district bigint, p_accounts bigint[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.person_id = ANY (p_accounts))
$function$;

COMMENT ON FUNCTION sync.records_of(bigint, bigint[]) IS 'The records that these accounts have.';
REVOKE ALL ON FUNCTION sync.records_of(bigint, bigint[]) FROM PUBLIC;
