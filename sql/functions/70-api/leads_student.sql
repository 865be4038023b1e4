CREATE OR REPLACE FUNCTION api.leads_student(p_district bigint, p_person bigint, p_student bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS s
                    WHERE s.district_id = p_district AND s.person_id = p_student AND s.role = 'student'
                      AND s.state IN ('active', 'archived') AND api.leads(p_district, p_person, s.school_id))
$$;
COMMENT ON FUNCTION api.leads_student(bigint, bigint, bigint) IS
    'Whether the person leads a school in whose directory the student is, archived or not.';
REVOKE ALL ON FUNCTION api.leads_student(bigint, bigint, bigint) FROM PUBLIC;
