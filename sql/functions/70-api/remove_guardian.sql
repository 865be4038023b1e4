-- At once and by every claim, because it may be about custody. The pair is kept as suspended: a join
-- code does not bring it back, a leader does, and so does the SIS while its data states the pair.
CREATE OR REPLACE FUNCTION api.remove_guardian(p_district bigint, p_actor bigint, p_student bigint, p_guardian bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before jsonb;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.check_insider(p_district, p_actor, 'the role of a leader of a school of this student');
    PERFORM api.person_of(p_district, p_guardian);
    PERFORM api.check_leads_student(p_district, p_actor, p_student);
    PERFORM api.lock_people(p_district, ARRAY[p_student, p_guardian]);
    SELECT jsonb_build_object('claim_sis', r.claim_sis, 'claim_manual', r.claim_manual, 'suspended', false) INTO v_before
      FROM directory.relationship AS r
     WHERE r.district_id = p_district AND r.student_id = p_student AND r.guardian_id = p_guardian
       AND NOT r.suspended AND (r.claim_sis OR r.claim_manual);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such guardian of this student';
    END IF;

    UPDATE directory.relationship AS r SET claim_sis = false, claim_manual = false, suspended = true
     WHERE r.district_id = p_district AND r.student_id = p_student AND r.guardian_id = p_guardian;
    PERFORM api.audit_change(p_district, p_actor, 'remove_guardian', 'GRD-1', 'directory.relationship',
        jsonb_build_object('student_id', p_student, 'guardian_id', p_guardian), v_before,
        jsonb_build_object('claim_sis', false, 'claim_manual', false, 'suspended', true));
    PERFORM api.mark_people(p_district, ARRAY[p_student, p_guardian]);
    PERFORM api.settle_invitations(p_district, p_actor, 'remove_guardian', ARRAY[p_guardian]);
END
$$;
COMMENT ON FUNCTION api.remove_guardian(bigint, bigint, bigint, bigint) IS
    'Takes a guardian from a student (GRD-1, UPD-2; RS008, RS001, RS003).';
REVOKE ALL ON FUNCTION api.remove_guardian(bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.remove_guardian(bigint, bigint, bigint, bigint) TO rosterd_app;
