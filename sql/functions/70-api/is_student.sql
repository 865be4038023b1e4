CREATE OR REPLACE FUNCTION api.is_student(p_district bigint, p_person bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_person AND r.role = 'student')
        OR EXISTS (SELECT FROM sis.person AS s
                    WHERE s.district_id = p_district AND s.person_id = p_person AND sync.has_role(s.roles, 'student'))
        OR EXISTS (SELECT FROM directory.person AS p
                    WHERE p.district_id = p_district AND p.person_id = p_person AND (p.account_enabled OR p.was_student))
$$;
COMMENT ON FUNCTION api.is_student(bigint, bigint) IS
    'Whether the person is a student: archived and detached ones included, those of no school, and the account of one whose record has left it.';
REVOKE ALL ON FUNCTION api.is_student(bigint, bigint) FROM PUBLIC;
