CREATE OR REPLACE FUNCTION api.need_credential(p_values text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF cardinality(p_values) = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = 'no usable credential was given',
            HINT = 'Give an e-mail or a number that belongs to this person alone.';
    END IF;
END
$$;
COMMENT ON FUNCTION api.need_credential(text[]) IS
    'RS009 when nothing was given to invite or know a person by (GRD-1, GRD-2, OFF-2).';
REVOKE ALL ON FUNCTION api.need_credential(text[]) FROM PUBLIC;
