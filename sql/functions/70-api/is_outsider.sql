CREATE OR REPLACE FUNCTION api.is_outsider(p_district bigint, p_person bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM api.connected AS c WHERE c.district_id = p_district AND c.person_id = p_person)
       AND NOT EXISTS (SELECT FROM directory.role AS r
                        WHERE r.district_id = p_district AND r.person_id = p_person AND r.state = 'active')
       AND NOT EXISTS (SELECT FROM directory.guardianship AS g WHERE g.district_id = p_district AND g.guardian_id = p_person)
       AND NOT EXISTS (SELECT FROM directory.member AS m WHERE m.district_id = p_district AND m.person_id = p_person)
$$;
COMMENT ON FUNCTION api.is_outsider(bigint, bigint) IS
    'Whether nothing in the district ties the person to anybody: no school, no student, no classroom.';
REVOKE ALL ON FUNCTION api.is_outsider(bigint, bigint) FROM PUBLIC;
