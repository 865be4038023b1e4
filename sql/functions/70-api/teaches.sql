CREATE OR REPLACE FUNCTION api.teaches(p_district bigint, p_person bigint, p_classroom bigint) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.member AS m
                    WHERE m.district_id = p_district AND m.classroom_id = p_classroom
                      AND m.person_id = p_person AND m.role = 'teacher')
$$;
COMMENT ON FUNCTION api.teaches(bigint, bigint, bigint) IS
    'Whether the person is a teacher of this classroom.';
REVOKE ALL ON FUNCTION api.teaches(bigint, bigint, bigint) FROM PUBLIC;
