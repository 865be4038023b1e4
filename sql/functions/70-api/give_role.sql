CREATE OR REPLACE FUNCTION api.give_role(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                         p_person bigint, p_school bigint, p_role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before jsonb;
BEGIN
    SELECT jsonb_build_object('claim_sis', r.claim_sis, 'claim_manual', r.claim_manual, 'state', r.state) INTO v_before
      FROM directory.role AS r
     WHERE r.district_id = p_district AND r.person_id = p_person AND r.school_id = p_school AND r.role = p_role;
    INSERT INTO directory.role AS r (district_id, person_id, school_id, role, claim_sis, claim_manual)
    VALUES (p_district, p_person, p_school, p_role, false, true)
    ON CONFLICT (district_id, person_id, school_id, role) DO UPDATE SET claim_manual = true, state = 'active'
     WHERE NOT r.claim_manual OR r.state <> 'active';
    PERFORM api.audit_change(p_district, p_actor, p_act, p_rule, 'directory.role',
        jsonb_build_object('person_id', p_person, 'school_id', p_school, 'role', p_role), v_before,
        jsonb_build_object('claim_sis', coalesce((v_before ->> 'claim_sis')::boolean, false), 'claim_manual', true, 'state', 'active'));
END
$$;
COMMENT ON FUNCTION api.give_role(bigint, bigint, text, text, bigint, bigint, text) IS
    'Gives a person a role by hand, at a school or (0) the district.';
REVOKE ALL ON FUNCTION api.give_role(bigint, bigint, text, text, bigint, bigint, text) FROM PUBLIC;
