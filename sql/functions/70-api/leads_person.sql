CREATE OR REPLACE FUNCTION api.leads_person(p_district bigint, p_leader bigint, p_person bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_leader AND r.role = 'district_leader' AND r.state = 'active')
        OR EXISTS (SELECT FROM api.connected AS c
                     JOIN directory.role AS r ON r.district_id = p_district AND r.school_id = c.school_id
                    WHERE c.district_id = p_district AND c.person_id = p_person
                      AND r.person_id = p_leader AND r.role = 'school_leader' AND r.state = 'active')
        OR api.leads_student(p_district, p_leader, p_person)
$$;
COMMENT ON FUNCTION api.leads_person(bigint, bigint, bigint) IS
    'Whether the person is of a school the leader leads: connected to it, or a student in its directory (GRD-5).';
REVOKE ALL ON FUNCTION api.leads_person(bigint, bigint, bigint) FROM PUBLIC;
