CREATE OR REPLACE FUNCTION api.new_person(p_district bigint, p_actor bigint, p_act text, p_rule text, p_given text,
                                          p_family text, p_status text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_person bigint;
BEGIN
    INSERT INTO directory.person (district_id, given_name, family_name, status, active_since)
    VALUES (p_district, p_given, p_family, p_status, CASE WHEN p_status = 'active' THEN now() END)
    RETURNING person_id INTO v_person;
    PERFORM api.audit_change(p_district, p_actor, p_act, p_rule, 'directory.person', jsonb_build_object('person_id', v_person), NULL,
        jsonb_build_object('given_name', p_given, 'family_name', p_family, 'status', p_status));
    RETURN v_person;
END
$$;
COMMENT ON FUNCTION api.new_person(bigint, bigint, text, text, text, text, text) IS
    'Makes a person by hand.';
REVOKE ALL ON FUNCTION api.new_person(bigint, bigint, text, text, text, text, text) FROM PUBLIC;
