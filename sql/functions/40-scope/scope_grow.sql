-- From what changed to whom it may change. A family's fates hang together, and so do those of all who
-- claim one credential: these are judged. Who gets one may decide who gives up another, and whose
-- record somebody is, so claimants are followed until nobody new is found. To judge them one must also
-- see, without judging them, their families. Each step looks from whom the step before has found.
CREATE OR REPLACE FUNCTION sync.scope_grow(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_people text[];
    v_accounts bigint[];
    v_values text[];
    v_seed sync.scope;
    v_found text[];
    v_holders bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO v.people, v.accounts FROM sync.same_people(v.district_id, v.people, v.accounts);
    v_seed := v;
    SELECT * INTO v.people, v.accounts FROM sync.families_of(p_slot, v.district_id, v.people, v.accounts);
    v_people := v.people;
    v_accounts := v.accounts;
    -- Into a variable first: the planner calls whatever stands in an unnest to see how long it is, and it is called again.
    v_found := sync.credentials_of(p_slot, v.district_id, v_people, v_accounts);
    v_values := ARRAY(SELECT unnest(v.contested) UNION SELECT unnest(v_found));
    v.contested := '{}';
    WHILE v_values <> '{}' LOOP
        v.contested := v.contested || v_values;
        v_found := sync.claimants_of(p_slot, v.district_id, v_values);
        v_people := ARRAY(SELECT unnest(v_found) EXCEPT SELECT unnest(v.people));
        v_holders := sync.holders_of(v.district_id, v_values);
        v_accounts := ARRAY(SELECT unnest(v_holders) EXCEPT SELECT unnest(v.accounts));
        SELECT * INTO v_people, v_accounts FROM sync.same_people(v.district_id, v_people, v_accounts);
        v.people := ARRAY(SELECT unnest(v.people) UNION SELECT unnest(v_people));
        v.accounts := ARRAY(SELECT unnest(v.accounts) UNION SELECT unnest(v_accounts));
        v_found := sync.credentials_of(p_slot, v.district_id, v_people, v_accounts);
        v_values := ARRAY(SELECT unnest(v_found) EXCEPT SELECT unnest(v.contested));
    END LOOP;
    v.judged := v.people;
    v.judged_accounts := v.accounts;
    -- those of the seed are among them
    v_people := ARRAY(SELECT unnest(v.people) EXCEPT SELECT unnest(v_seed.people));
    v_accounts := ARRAY(SELECT unnest(v.accounts) EXCEPT SELECT unnest(v_seed.accounts));
    SELECT * INTO v_people, v_accounts FROM sync.families_of(p_slot, v.district_id, v_people, v_accounts);
    v.people := ARRAY(SELECT unnest(v.people) UNION SELECT unnest(v_people));
    v.accounts := ARRAY(SELECT unnest(v.accounts) UNION SELECT unnest(v_accounts));
    UPDATE sync.scope SET whole = false, people = v.people, judged = v.judged, accounts = v.accounts, judged_accounts = v.judged_accounts,
                          contested = v.contested
    WHERE slot = p_slot;
    DELETE FROM sync.after_seat s WHERE s.slot = p_slot AND s.person IN (SELECT unnest(v.judged));
    UPDATE sync.after_seat s SET alone = false WHERE s.slot = p_slot AND s.person IN (SELECT unnest(v.people));
END
$function$;

COMMENT ON FUNCTION sync.scope_grow(smallint) IS 'Adds the neighbours of what changed (CRED-6, CRED-7, CRED-9, UPD-2, UPD-5).';
REVOKE ALL ON FUNCTION sync.scope_grow(smallint) FROM PUBLIC;
