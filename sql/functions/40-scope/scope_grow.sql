-- From what changed to whom it may change. A family's fates hang together, and so do those of all who
-- claim one credential: these are judged. To judge them one must also see, without judging them,
-- who else claims what they claim, and these people's families.
CREATE OR REPLACE FUNCTION sync.scope_grow(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO v.people, v.accounts FROM sync.same_people(v.district_id, v.people, v.accounts);
    SELECT * INTO v.people, v.accounts FROM sync.families_of(p_slot, v.district_id, v.people, v.accounts);
    v.contested := v.contested || sync.credentials_of(p_slot, v.district_id, v.people, v.accounts);
    SELECT * INTO v.people, v.accounts FROM sync.claimants_of(p_slot, v.district_id, v.contested, v.people, v.accounts);
    v.judged := v.people;
    v.judged_accounts := v.accounts;

    v.contested := ARRAY(SELECT unnest(v.contested) UNION SELECT unnest(sync.credentials_of(p_slot, v.district_id, v.people, v.accounts)));
    SELECT * INTO v.people, v.accounts FROM sync.claimants_of(p_slot, v.district_id, v.contested, v.people, v.accounts);
    SELECT * INTO v.people, v.accounts FROM sync.families_of(p_slot, v.district_id, v.people, v.accounts);
    UPDATE sync.scope SET whole = false, people = v.people, judged = v.judged, accounts = v.accounts, judged_accounts = v.judged_accounts,
                          contested = v.contested
    WHERE slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.scope_grow(smallint) IS 'Adds the neighbours of what changed (CRED-6, UPD-2).';
REVOKE ALL ON FUNCTION sync.scope_grow(smallint) FROM PUBLIC;
