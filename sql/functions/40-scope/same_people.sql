-- A record's account may have further records, and the other way round. The account a record has left
-- is looked at with it: it may go back there.
CREATE OR REPLACE FUNCTION sync.same_people(p_district bigint, INOUT p_people text[], INOUT p_accounts bigint[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    p_accounts := ARRAY(
        SELECT unnest(p_accounts)
        UNION SELECT unnest(ARRAY[m.person_id, m.left_account]) FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = ANY (p_people)
        EXCEPT SELECT NULL);
    p_people := ARRAY(
        SELECT unnest(p_people)
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.person_id = ANY (p_accounts));
END
$function$;

COMMENT ON FUNCTION sync.same_people(bigint, text[], bigint[]) IS 'Adds the accounts of these records and the records of these accounts.';
REVOKE ALL ON FUNCTION sync.same_people(bigint, text[], bigint[]) FROM PUBLIC;
