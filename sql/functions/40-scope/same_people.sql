-- A record's account may have further records, and the other way round. The account a record has left
-- is looked at with it: it may go back there. Each step looks from whom the step before has found.
CREATE OR REPLACE FUNCTION sync.same_people(p_district bigint, INOUT p_people text[], INOUT p_accounts bigint[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_people text[] := p_people;
    v_accounts bigint[] := p_accounts;
    v_new bigint[];
    v_found text[];
BEGIN
    WHILE v_people <> '{}' OR v_accounts <> '{}' LOOP
        v_new := sync.accounts_of(p_district, v_people);
        v_new := ARRAY(SELECT unnest(v_new) EXCEPT SELECT unnest(p_accounts));
        p_accounts := p_accounts || v_new;
        v_found := sync.records_of(p_district, v_accounts || v_new);
        v_people := ARRAY(SELECT unnest(v_found) EXCEPT SELECT unnest(p_people));
        p_people := p_people || v_people;
        v_accounts := '{}';
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.same_people(bigint, text[], bigint[]) IS 'Adds the accounts of these records and the records of these accounts.';
REVOKE ALL ON FUNCTION sync.same_people(bigint, text[], bigint[]) FROM PUBLIC;
