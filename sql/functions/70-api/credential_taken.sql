CREATE OR REPLACE FUNCTION api.credential_taken() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RS005', MESSAGE = 'the credential is already taken',
        HINT = 'An e-mail or number belongs to one person of a district.';
END
$$;
COMMENT ON FUNCTION api.credential_taken() IS
    'RS005, in the same words for every cause.';
REVOKE ALL ON FUNCTION api.credential_taken() FROM PUBLIC;
