-- One wording for every refusal: what is missing, and nothing about whom or what it was tried on.
CREATE OR REPLACE FUNCTION api.refuse(p_needs text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS001', MESSAGE = format('you may not do this: it needs %s', p_needs);
END
$$;
COMMENT ON FUNCTION api.refuse(text) IS
    'Ends an act with RS001, naming what is missing.';
REVOKE ALL ON FUNCTION api.refuse(text) FROM PUBLIC;
