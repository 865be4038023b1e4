CREATE OR REPLACE FUNCTION api.check_active(p_classroom directory.classroom) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_classroom.state <> 'active' THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the classroom is archived',
            HINT = 'Its roster stays as it is. Unarchive it first.';
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_active(directory.classroom) IS
    'An archived classroom''s roster is frozen (CLS-9).';
REVOKE ALL ON FUNCTION api.check_active(directory.classroom) FROM PUBLIC;
