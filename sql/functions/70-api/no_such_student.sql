CREATE OR REPLACE FUNCTION api.no_such_student() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS003', MESSAGE = 'there is no such student in this school''s directory',
        HINT = 'Names must be identical to the directory''s. Archived students cannot be put into classrooms.';
END
$$;
COMMENT ON FUNCTION api.no_such_student() IS
    'RS003, in the same words for every cause.';
REVOKE ALL ON FUNCTION api.no_such_student() FROM PUBLIC;
