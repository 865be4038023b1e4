CREATE OR REPLACE FUNCTION api.is_users_manager(p_district bigint, p_person bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.users_manager AS u
                     JOIN directory.role AS r ON r.district_id = p_district AND r.person_id = u.person_id
                    WHERE u.district_id = p_district AND u.person_id = p_person
                      AND r.role IN ('school_leader', 'district_leader') AND r.state = 'active')
$$;
COMMENT ON FUNCTION api.is_users_manager(bigint, bigint) IS
    'Whether the person has USERS_MANAGER, which counts only for leaders (GRD-5).';
REVOKE ALL ON FUNCTION api.is_users_manager(bigint, bigint) FROM PUBLIC;
