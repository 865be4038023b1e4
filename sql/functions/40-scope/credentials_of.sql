CREATE OR REPLACE FUNCTION sync.credentials_of(p_slot smallint, p_district bigint, p_people text[], p_accounts bigint[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    SELECT ARRAY(
        SELECT unnest(ARRAY[m.email, m.sms, m.phone]) FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = ANY (p_people)
        UNION SELECT unnest(ARRAY[d.email, d.sms, d.phone]) FROM sync.delta_person d WHERE d.slot = p_slot AND d.sourced_id = ANY (p_people)
        UNION SELECT c.value FROM directory.credential c WHERE c.district_id = p_district AND c.person_id = ANY (p_accounts)
        EXCEPT SELECT NULL));
END
$function$;

COMMENT ON FUNCTION sync.credentials_of(smallint, bigint, text[], bigint[]) IS 'Every credential that these people held, hold or want.';
REVOKE ALL ON FUNCTION sync.credentials_of(smallint, bigint, text[], bigint[]) FROM PUBLIC;
