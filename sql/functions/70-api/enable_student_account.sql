CREATE OR REPLACE FUNCTION api.enable_student_account(p_district bigint, p_actor bigint, p_student bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before boolean;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.check_leads_student(p_district, p_actor, p_student);
    PERFORM api.lock_people(p_district, ARRAY[p_student]);
    v_before := (api.person_of(p_district, p_student)).account_enabled;
    UPDATE directory.person AS p SET account_enabled = true
     WHERE p.district_id = p_district AND p.person_id = p_student AND NOT p.account_enabled;
    PERFORM api.audit_change(p_district, p_actor, 'enable_student_account', 'STU-3', 'directory.person',
        jsonb_build_object('person_id', p_student), jsonb_build_object('account_enabled', v_before),
        jsonb_build_object('account_enabled', true));
    PERFORM api.mark_people(p_district, ARRAY[p_student]);
    PERFORM api.settle_invitations(p_district, p_actor, 'enable_student_account', ARRAY[p_student]);
END
$$;
COMMENT ON FUNCTION api.enable_student_account(bigint, bigint, bigint) IS
    'Lets a student be invited by the credentials they have (STU-3, IN-6; RS008, RS001, RS003).';
REVOKE ALL ON FUNCTION api.enable_student_account(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.enable_student_account(bigint, bigint, bigint) TO rosterd_app;
