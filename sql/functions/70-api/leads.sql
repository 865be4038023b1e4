CREATE OR REPLACE FUNCTION api.leads(p_district bigint, p_person bigint, p_school bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_person AND r.state = 'active'
                      AND (r.role = 'school_leader' AND r.school_id = p_school OR r.role = 'district_leader'))
$$;
COMMENT ON FUNCTION api.leads(bigint, bigint, bigint) IS 'Whether the person is a leader of this school or of the district.';
REVOKE ALL ON FUNCTION api.leads(bigint, bigint, bigint) FROM PUBLIC;
