-- NULL leaves a detail as it is, an empty e-mail or number takes that one away.
CREATE OR REPLACE FUNCTION api.update_account(p_district bigint, p_actor bigint, p_given text, p_family text,
                                              p_email text, p_sms text, p_phone text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_person directory.person;
    v_kinds text[];
    v_values text[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.lock_people(p_district, ARRAY[p_actor]);
    v_person := api.person_of(p_district, p_actor);
    IF v_person.status <> 'active' THEN
        PERFORM api.refuse('an active account: accept the invitation first');
    END IF;
    IF v_settings.sync_enabled AND api.is_student(p_district, p_actor) THEN
        PERFORM api.refuse_managed('A student''s details come from the SIS.');
    END IF;
    IF api.managed_by_sync(v_settings, v_person) THEN
        PERFORM api.refuse_managed('The district''s setting update_active_users is on. Change them in the SIS.');
    END IF;
    SELECT coalesce(array_agg(g.kind), '{}'), coalesce(array_agg(g.value), '{}') INTO v_kinds, v_values
      FROM api.contacts_given(v_settings, p_email, p_sms, p_phone) AS g;
    PERFORM api.set_names(p_district, p_actor, 'update_account', 'ACC-1', v_person, p_given, p_family);
    PERFORM api.set_contacts(p_district, p_actor, 'update_account', 'ACC-1', p_actor, v_kinds, v_values);
END
$$;
COMMENT ON FUNCTION api.update_account(bigint, bigint, text, text, text, text, text) IS
    'An active person changes their own names and credentials (ACC-1, STU-4, UPD-5, GRD-4; RS008, RS001, RS005, RS007, RS009).';
REVOKE ALL ON FUNCTION api.update_account(bigint, bigint, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.update_account(bigint, bigint, text, text, text, text, text) TO rosterd_app;
