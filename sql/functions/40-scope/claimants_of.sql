CREATE OR REPLACE FUNCTION sync.claimants_of(p_slot smallint, p_district bigint, p_values text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_records CONSTANT text[] := sync.records_with(p_district, p_values);
BEGIN
    RETURN ARRAY(
        SELECT unnest(v_records)
        UNION SELECT d.sourced_id FROM sync.delta_person d
              CROSS JOIN LATERAL unnest(ARRAY[d.email, d.sms, d.phone]) AS c (value)
              WHERE d.slot = p_slot AND c.value IN (SELECT unnest(p_values)));
END
$function$;

COMMENT ON FUNCTION sync.claimants_of(smallint, bigint, text[]) IS 'Every record that claims one of these credentials, before or after the file (CRED-4, CRED-6).';
REVOKE ALL ON FUNCTION sync.claimants_of(smallint, bigint, text[]) FROM PUBLIC;
