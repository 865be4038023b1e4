CREATE OR REPLACE FUNCTION api.archive_student(p_district bigint, p_actor bigint, p_student bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.move_student(p_district, p_actor, 'archive_student', p_student, 'active', 'archived');
END
$$;
COMMENT ON FUNCTION api.archive_student(bigint, bigint, bigint) IS
    'Archives a student by hand, while the sync is off: out of the active classrooms, still in the archived ones (OFF-2; RS008, RS001, RS003, RS007).';
REVOKE ALL ON FUNCTION api.archive_student(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.archive_student(bigint, bigint, bigint) TO rosterd_app;
