CREATE OR REPLACE FUNCTION api.link_guardian(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                             p_student bigint, p_guardian bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before jsonb;
BEGIN
    SELECT jsonb_build_object('claim_sis', r.claim_sis, 'claim_manual', r.claim_manual, 'suspended', r.suspended) INTO v_before
      FROM directory.relationship AS r
     WHERE r.district_id = p_district AND r.student_id = p_student AND r.guardian_id = p_guardian;
    INSERT INTO directory.relationship AS r (district_id, student_id, guardian_id, claim_sis, claim_manual)
    VALUES (p_district, p_student, p_guardian, false, true)
    ON CONFLICT (district_id, student_id, guardian_id) DO UPDATE SET claim_manual = true, suspended = false
     WHERE NOT r.claim_manual OR r.suspended;
    PERFORM api.audit_change(p_district, p_actor, p_act, p_rule, 'directory.relationship',
        jsonb_build_object('student_id', p_student, 'guardian_id', p_guardian), v_before,
        jsonb_build_object('claim_sis', coalesce((v_before ->> 'claim_sis')::boolean, false), 'claim_manual', true, 'suspended', false));
END
$$;
COMMENT ON FUNCTION api.link_guardian(bigint, bigint, text, text, bigint, bigint) IS
    'Gives a relationship a manual claim that counts, also one that was suspended (GRD-1, GRD-2, UPD-2).';
REVOKE ALL ON FUNCTION api.link_guardian(bigint, bigint, text, text, bigint, bigint) FROM PUBLIC;
