CREATE OR REPLACE FUNCTION rosterd.revoke_users_manager(p_district bigint, p_person bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_person);
    PERFORM api.end_users_manager(p_district, p_person, 'revoke_users_manager');
END
$$;
COMMENT ON FUNCTION rosterd.revoke_users_manager(bigint, bigint) IS
    'Takes USERS_MANAGER away from a leader (GRD-5; RS008).';
REVOKE ALL ON FUNCTION rosterd.revoke_users_manager(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.revoke_users_manager(bigint, bigint) TO rosterd_csm, rosterd_ops;
