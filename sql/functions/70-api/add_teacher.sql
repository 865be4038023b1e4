CREATE OR REPLACE FUNCTION api.add_teacher(p_district bigint, p_actor bigint, p_school bigint, p_given text,
                                           p_family text, p_email text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_school directory.school;
    v_given text;
    v_family text;
    v_values text[];
    v_teacher bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.person_of(p_district, p_actor);
    v_school := api.school_of(p_district, p_school);
    IF NOT api.leads(p_district, p_actor, p_school) THEN
        PERFORM api.refuse('the role of a leader of this school');
    END IF;
    IF v_school.archived THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the school is archived';
    END IF;
    v_given := api.check_name(p_given, 'a given name');
    v_family := api.check_name(p_family, 'a family name');
    SELECT coalesce(array_agg(g.value), '{}') INTO v_values
      FROM api.contacts_given(v_settings, p_email, NULL, NULL) AS g WHERE g.value <> '';
    PERFORM api.need_credential(v_values);
    PERFORM api.lock_people(p_district, ARRAY(
        SELECT c.person_id FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (v_values)));

    v_teacher := api.holder_of(p_district, v_given, v_family, v_values);
    IF v_teacher IS NULL THEN
        v_teacher := api.new_person(p_district, p_actor, 'add_teacher', 'OFF-2', v_given, v_family, 'invitee');
        PERFORM api.give_credentials(p_district, p_actor, 'add_teacher', 'OFF-2', v_teacher, ARRAY['email'], v_values, false);
    END IF;
    PERFORM api.vouch(p_district, v_teacher, v_values);
    PERFORM api.give_role(p_district, p_actor, 'add_teacher', 'OFF-2', v_teacher, p_school, 'teacher');
    PERFORM api.mark_people(p_district, ARRAY[v_teacher]);
    PERFORM api.settle_invitations(p_district, p_actor, 'add_teacher', ARRAY[v_teacher]);
    RETURN v_teacher;
END
$$;
COMMENT ON FUNCTION api.add_teacher(bigint, bigint, bigint, text, text, text) IS
    'Adds a teacher to a school by hand, or the person of that name who holds the e-mail (OFF-2, CRED-9; RS008, RS001, RS005, RS009).';
REVOKE ALL ON FUNCTION api.add_teacher(bigint, bigint, bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_teacher(bigint, bigint, bigint, text, text, text) TO rosterd_app;
