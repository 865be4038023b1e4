CREATE OR REPLACE FUNCTION rosterd.grant_users_manager(p_district bigint, p_person bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_person);
    IF NOT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_person AND r.state = 'active'
                      AND r.role IN ('school_leader', 'district_leader')) THEN
        PERFORM api.refuse('that the person is a leader: USERS_MANAGER goes to leaders only');
    END IF;
    INSERT INTO directory.users_manager (district_id, person_id, granted_by) VALUES (p_district, p_person, rosterd.who())
    ON CONFLICT (district_id, person_id) DO NOTHING;
    IF FOUND THEN
        PERFORM api.audit_change(p_district, NULL, 'grant_users_manager by ' || rosterd.who(), 'GRD-5', 'directory.users_manager',
            jsonb_build_object('person_id', p_person), NULL, '{}');
    END IF;
END
$$;
COMMENT ON FUNCTION rosterd.grant_users_manager(bigint, bigint) IS
    'Lets a leader edit the accounts of their schools'' people (GRD-5; RS008, RS001).';
REVOKE ALL ON FUNCTION rosterd.grant_users_manager(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.grant_users_manager(bigint, bigint) TO rosterd_csm, rosterd_ops;
