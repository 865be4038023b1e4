CREATE OR REPLACE FUNCTION api.end_users_manager(p_district bigint, p_person bigint, p_act text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM directory.users_manager AS u WHERE u.district_id = p_district AND u.person_id = p_person;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM api.audit_change(p_district, NULL, p_act || ' by ' || rosterd.who(), 'GRD-5', 'directory.users_manager',
        jsonb_build_object('person_id', p_person), '{}', NULL);
    RETURN true;
END
$$;
COMMENT ON FUNCTION api.end_users_manager(bigint, bigint, text) IS
    'Takes USERS_MANAGER away; whether there was any (GRD-5).';
REVOKE ALL ON FUNCTION api.end_users_manager(bigint, bigint, text) FROM PUBLIC;
