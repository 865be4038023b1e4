CREATE OR REPLACE FUNCTION api.can_access_school(p_district bigint, p_person bigint, p_school bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM api.connected AS c
                    WHERE c.district_id = p_district AND c.person_id = p_person AND c.school_id = p_school)
$$;
COMMENT ON FUNCTION api.can_access_school(bigint, bigint, bigint) IS 'Whether the person is connected to the school (ABN-S4, ABN-2).';
REVOKE ALL ON FUNCTION api.can_access_school(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.can_access_school(bigint, bigint, bigint) TO rosterd_app;
