-- Leadership is manual: it comes from the backend and from nowhere else. The person of that name who
-- holds the e-mail is the one meant; they are active from then on.
CREATE OR REPLACE FUNCTION rosterd.appoint_leader(p_district bigint, p_school bigint, p_given text, p_family text,
                                                  p_email text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_given text;
    v_family text;
    v_values text[];
    v_leader bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    IF p_school IS NOT NULL THEN
        PERFORM api.school_of(p_district, p_school);
    END IF;
    v_given := api.check_name(p_given, 'a given name');
    v_family := api.check_name(p_family, 'a family name');
    SELECT coalesce(array_agg(g.value), '{}') INTO v_values
      FROM api.contacts_given(v_settings, p_email, NULL, NULL) AS g WHERE g.value <> '';
    PERFORM api.need_credential(v_values);
    PERFORM api.lock_people(p_district, ARRAY(
        SELECT c.person_id FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (v_values)));

    v_leader := api.holder_of(p_district, v_given, v_family, v_values);
    IF v_leader IS NULL THEN
        v_leader := api.new_person(p_district, NULL, 'appoint_leader by ' || rosterd.who(), 'GRD-5', v_given, v_family, 'active');
        PERFORM api.give_credentials(p_district, NULL, 'appoint_leader', 'GRD-5', v_leader, ARRAY['email'], v_values, false);
    END IF;
    PERFORM api.vouch(p_district, v_leader, v_values);
    PERFORM api.give_role(p_district, NULL, 'appoint_leader by ' || rosterd.who(), 'GRD-5', v_leader, coalesce(p_school, 0),
                          CASE WHEN p_school IS NULL THEN 'district_leader' ELSE 'school_leader' END);
    PERFORM api.make_active(p_district, v_leader, NULL, 'appoint_leader', 'GRD-5', '{}');
    RETURN v_leader;
END
$$;
COMMENT ON FUNCTION rosterd.appoint_leader(bigint, bigint, text, text, text) IS
    'Makes somebody a leader of a school, or with school NULL of the district (GRD-5, ACC-1, CRED-9; RS008, RS005, RS009).';
REVOKE ALL ON FUNCTION rosterd.appoint_leader(bigint, bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.appoint_leader(bigint, bigint, text, text, text) TO rosterd_csm, rosterd_ops;
