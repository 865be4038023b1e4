CREATE OR REPLACE FUNCTION api.put_member(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                          p_classroom bigint, p_person bigint, p_role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before jsonb;
BEGIN
    SELECT jsonb_build_object('claim_sis', m.claim_sis, 'claim_manual', m.claim_manual, 'suspended', m.suspended, 'detached', m.detached)
      INTO v_before
      FROM directory.membership AS m
     WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person AND m.role = p_role;
    INSERT INTO directory.membership AS m (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    VALUES (p_district, p_classroom, p_person, p_role, false, true)
    ON CONFLICT (district_id, classroom_id, person_id, role) DO UPDATE
       SET claim_manual = true, suspended = false, detached = false
     WHERE NOT m.claim_manual OR m.suspended OR m.detached;
    PERFORM api.audit_change(p_district, p_actor, p_act, p_rule, 'directory.membership',
        jsonb_build_object('classroom_id', p_classroom, 'person_id', p_person, 'role', p_role), v_before,
        jsonb_build_object('claim_sis', coalesce((v_before ->> 'claim_sis')::boolean, false), 'claim_manual', true,
                           'suspended', false, 'detached', false));
    PERFORM api.mark_classroom(p_district, p_classroom);
    PERFORM api.mark_people(p_district, ARRAY[p_person]);
END
$$;
COMMENT ON FUNCTION api.put_member(bigint, bigint, text, text, bigint, bigint, text) IS
    'Gives a membership a manual claim that counts (CLS-4, CLS-5, CLS-8).';
REVOKE ALL ON FUNCTION api.put_member(bigint, bigint, text, text, bigint, bigint, text) FROM PUBLIC;
