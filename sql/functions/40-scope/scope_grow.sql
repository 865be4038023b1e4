-- From what changed to whom it may change. A family's fates hang together, and so do those of all who
-- claim one credential: these are judged. Who gets one may decide who gives up another, and whose
-- record somebody is, so claimants are followed until nobody new is found. To judge them one must also
-- see, without judging them, their families.
CREATE OR REPLACE FUNCTION sync.scope_grow(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_known bigint;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO v.people, v.accounts FROM sync.same_people(v.district_id, v.people, v.accounts);
    SELECT * INTO v.people, v.accounts FROM sync.families_of(p_slot, v.district_id, v.people, v.accounts);
    LOOP
        v_known := cardinality(v.people) + cardinality(v.accounts);
        v.contested := ARRAY(SELECT unnest(v.contested) UNION SELECT unnest(sync.credentials_of(p_slot, v.district_id, v.people, v.accounts)));
        SELECT * INTO v.people, v.accounts FROM sync.claimants_of(p_slot, v.district_id, v.contested, v.people, v.accounts);
        EXIT WHEN cardinality(v.people) + cardinality(v.accounts) = v_known;
    END LOOP;
    v.judged := v.people;
    v.judged_accounts := v.accounts;
    SELECT * INTO v.people, v.accounts FROM sync.families_of(p_slot, v.district_id, v.people, v.accounts);
    UPDATE sync.scope SET whole = false, people = v.people, judged = v.judged, accounts = v.accounts, judged_accounts = v.judged_accounts,
                          contested = v.contested
    WHERE slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.scope_grow(smallint) IS 'Adds the neighbours of what changed (CRED-6, CRED-7, CRED-9, UPD-2, UPD-5).';
REVOKE ALL ON FUNCTION sync.scope_grow(smallint) FROM PUBLIC;
