CREATE OR REPLACE FUNCTION sync.credentials_of(p_slot smallint, p_district bigint, p_people text[], p_accounts bigint[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_values CONSTANT text[] := sync.values_of(p_district, p_people, p_accounts);
BEGIN
    RETURN ARRAY(
        SELECT unnest(v_values)
        UNION SELECT unnest(ARRAY[d.email, d.sms, d.phone]) FROM sync.delta_person d WHERE d.slot = p_slot AND d.sourced_id IN (SELECT unnest(p_people))
        EXCEPT SELECT NULL);
END
$function$;

COMMENT ON FUNCTION sync.credentials_of(smallint, bigint, text[], bigint[]) IS 'Every credential that these people held, hold or want.';
REVOKE ALL ON FUNCTION sync.credentials_of(smallint, bigint, text[], bigint[]) FROM PUBLIC;
