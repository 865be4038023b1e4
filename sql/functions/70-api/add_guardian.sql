-- A guardian by hand survives every sync (GRD-3). A pair that the SIS ended counts again: only a leader
-- or the SIS can do that (UPD-2).
CREATE OR REPLACE FUNCTION api.add_guardian(p_district bigint, p_actor bigint, p_student bigint, p_given text,
                                            p_family text, p_email text, p_sms text, p_phone text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_given text;
    v_family text;
    v_kinds text[];
    v_values text[];
    v_guardian bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.check_leads_student(p_district, p_actor, p_student);
    v_given := api.check_name(p_given, 'a given name');
    v_family := api.check_name(p_family, 'a family name');
    SELECT coalesce(array_agg(g.kind), '{}'), coalesce(array_agg(g.value), '{}') INTO v_kinds, v_values
      FROM api.contacts_given(v_settings, p_email, p_sms, p_phone) AS g WHERE g.value <> '';
    PERFORM api.need_credential(v_values);
    PERFORM api.lock_people(p_district, p_student || ARRAY(
        SELECT c.person_id FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (v_values)));

    PERFORM api.take_from_students(p_district, p_actor, 'add_guardian', ARRAY[p_student], v_values);
    v_guardian := api.holder_of(p_district, v_given, v_family, v_values);
    IF v_guardian IS NULL THEN
        v_guardian := coalesce(
            api.ended_guardian(p_district, p_student, v_given, v_family, v_values),
            api.new_person(p_district, p_actor, 'add_guardian', 'GRD-1', v_given, v_family, 'invitee'));
        PERFORM api.give_credentials(p_district, p_actor, 'add_guardian', 'GRD-1', v_guardian, v_kinds, v_values, false);
    END IF;
    PERFORM api.vouch(p_district, v_guardian, v_values);
    PERFORM api.link_guardian(p_district, p_actor, 'add_guardian', 'GRD-1', p_student, v_guardian);
    PERFORM api.mark_people(p_district, ARRAY[p_student, v_guardian]);
    PERFORM api.mark_values(p_district, v_values);
    PERFORM api.settle_invitations(p_district, p_actor, 'add_guardian', ARRAY[v_guardian]);
    RETURN v_guardian;
END
$$;
COMMENT ON FUNCTION api.add_guardian(bigint, bigint, bigint, text, text, text, text, text) IS
    'Adds a guardian to a student of the directory, or links the person of that name who holds the credential (GRD-1, GRD-3, CRED-4, CRED-9; RS008, RS001, RS003, RS005, RS009).';
REVOKE ALL ON FUNCTION api.add_guardian(bigint, bigint, bigint, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_guardian(bigint, bigint, bigint, text, text, text, text, text) TO rosterd_app;
