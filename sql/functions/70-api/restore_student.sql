CREATE OR REPLACE FUNCTION api.restore_student(p_district bigint, p_actor bigint, p_student bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.move_student(p_district, p_actor, 'restore_student', p_student, 'archived', 'active');
END
$$;
COMMENT ON FUNCTION api.restore_student(bigint, bigint, bigint) IS
    'Takes an archived student back into the directory and their active classrooms, while the sync is off (OFF-2; RS008, RS001, RS003, RS007).';
REVOKE ALL ON FUNCTION api.restore_student(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.restore_student(bigint, bigint, bigint) TO rosterd_app;
