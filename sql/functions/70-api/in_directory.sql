CREATE OR REPLACE FUNCTION api.in_directory(p_district bigint, p_school bigint, p_student bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_student AND r.school_id = p_school
                      AND r.role = 'student' AND r.state = 'active')
$$;
COMMENT ON FUNCTION api.in_directory(bigint, bigint, bigint) IS
    'Whether the person is a student of this school''s directory who is not archived (CLS-2).';
REVOKE ALL ON FUNCTION api.in_directory(bigint, bigint, bigint) FROM PUBLIC;
