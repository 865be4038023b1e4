CREATE OR REPLACE FUNCTION api.refuse_managed(p_hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS007', MESSAGE = 'these details are managed by the sync', HINT = p_hint;
END
$$;
COMMENT ON FUNCTION api.refuse_managed(text) IS
    'RS007: what the SIS says is changed there, not here.';
REVOKE ALL ON FUNCTION api.refuse_managed(text) FROM PUBLIC;
