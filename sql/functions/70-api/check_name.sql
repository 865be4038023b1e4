CREATE OR REPLACE FUNCTION api.check_name(p_name text, p_what text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name CONSTANT text := sync.normalise_name(p_name);
BEGIN
    IF v_name IS NULL OR v_name = '' OR length(v_name) > 255 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('%s has 1 to 255 characters', p_what);
    END IF;
    RETURN v_name;
END
$$;
COMMENT ON FUNCTION api.check_name(text, text) IS
    'A name as it is stored, refused when nothing is left of it.';
REVOKE ALL ON FUNCTION api.check_name(text, text) FROM PUBLIC;
