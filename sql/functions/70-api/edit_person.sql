-- NULL leaves a detail as it is, an empty e-mail or number takes that one away, an empty name of a
-- synced student goes back to the SIS's. What is said of an invitee lasts until the next run. An
-- address that was replaced gets a notice, so that nobody loses an account unseen.
CREATE OR REPLACE FUNCTION api.edit_person(p_district bigint, p_actor bigint, p_person bigint, p_given text,
                                           p_family text, p_email text, p_sms text, p_phone text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_person directory.person;
    v_kinds text[];
    v_values text[];
    v_held_kinds text[];
    v_held text[];
    v_dropped text[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.check_edit_person(p_district, p_actor, p_person, v_settings.sync_enabled);
    PERFORM api.lock_people(p_district, ARRAY[p_person]);
    v_person := api.person_of(p_district, p_person);
    IF v_settings.sync_enabled AND api.is_student(p_district, p_person)
       AND coalesce(p_email, p_sms, p_phone) IS NOT NULL THEN
        PERFORM api.refuse_managed('Of a student only the name can be edited while the sync is on.');
    END IF;
    IF api.managed_by_sync(v_settings, v_person) AND NOT api.is_student(p_district, p_person) THEN
        PERFORM api.refuse_managed('The district''s setting update_active_users is on. Change them in the SIS.');
    END IF;
    SELECT coalesce(array_agg(g.kind), '{}'), coalesce(array_agg(g.value), '{}') INTO v_kinds, v_values
      FROM api.contacts_given(v_settings, p_email, p_sms, p_phone) AS g;
    PERFORM api.set_names(p_district, p_actor, 'edit_person', CASE WHEN api.is_student(p_district, p_person) THEN 'STU-4' ELSE 'GRD-4' END,
                          v_person, p_given, p_family);
    SELECT coalesce(array_agg(c.kind), '{}'), coalesce(array_agg(c.value), '{}') INTO v_held_kinds, v_held
      FROM directory.credential AS c WHERE c.district_id = p_district AND c.person_id = p_person;
    v_dropped := api.set_contacts(p_district, p_actor, 'edit_person', 'GRD-4', p_person, v_kinds, v_values);
    -- somebody whom the SIS did not bring
    IF NOT EXISTS (SELECT FROM directory.person AS p WHERE p.district_id = p_district AND p.person_id = p_person AND p.created_by_run IS NOT NULL) THEN
        PERFORM api.vouch(p_district, p_person, v_values);
    END IF;
    INSERT INTO directory.notice (district_id, person_id, kind, value, what)
    SELECT p_district, p_person, h.kind, h.value, 'address_replaced'
      FROM unnest(v_held_kinds, v_held) AS h (kind, value) WHERE h.value = ANY (v_dropped);
    PERFORM api.settle_invitations(p_district, p_actor, 'edit_person', ARRAY[p_person]);
END
$$;
COMMENT ON FUNCTION api.edit_person(bigint, bigint, bigint, text, text, text, text, text) IS
    'Somebody with USERS_MANAGER edits another person''s details (GRD-4, GRD-5, STU-4, UPD-5, OFF-2; RS008, RS001, RS005, RS007, RS009).';
REVOKE ALL ON FUNCTION api.edit_person(bigint, bigint, bigint, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.edit_person(bigint, bigint, bigint, text, text, text, text, text) TO rosterd_app;
