CREATE OR REPLACE FUNCTION api.join_refused() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS006', MESSAGE = 'joining with this code and these names did not work',
        HINT = 'Check the code and the spelling of the student''s name, or ask the teacher or the school.';
END
$$;
COMMENT ON FUNCTION api.join_refused() IS
    'RS006, one message for every cause (GRD-2).';
REVOKE ALL ON FUNCTION api.join_refused() FROM PUBLIC;
