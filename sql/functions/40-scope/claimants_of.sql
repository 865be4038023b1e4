CREATE OR REPLACE FUNCTION sync.claimants_of(p_slot smallint, p_district bigint, p_values text[], INOUT p_people text[], INOUT p_accounts bigint[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    p_people := ARRAY(
        SELECT unnest(p_people)
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.email = ANY (p_values)
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.sms = ANY (p_values)
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.phone = ANY (p_values)
        UNION SELECT d.sourced_id FROM sync.delta_person d
              WHERE d.slot = p_slot AND (d.email = ANY (p_values) OR d.sms = ANY (p_values) OR d.phone = ANY (p_values)));
    p_accounts := ARRAY(SELECT unnest(p_accounts) UNION SELECT unnest(sync.holders_of(p_district, p_values)));
    SELECT * INTO p_people, p_accounts FROM sync.same_people(p_district, p_people, p_accounts);
END
$function$;

COMMENT ON FUNCTION sync.claimants_of(smallint, bigint, text[], text[], bigint[]) IS 'Adds everybody who claims or holds one of these credentials (CRED-4, CRED-6).';
REVOKE ALL ON FUNCTION sync.claimants_of(smallint, bigint, text[], text[], bigint[]) FROM PUBLIC;
