-- A name as it is stored: NFC, without invisible characters, without white space at either end.
-- Runs of spaces inside stay: two names are identical only if these are equal too.
CREATE OR REPLACE FUNCTION sync.normalise_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT normalize(btrim(
        translate(p_name, U&'\200B\200C\200D\2060\FEFF\00AD\200E\200F\202A\202B\202C\202D\202E', ''),
        E' \t\n\r\f\v' || U&'\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000'), NFC)
$$;
COMMENT ON FUNCTION sync.normalise_name(text) IS 'NFC, trimmed, no invisible characters: what "identical name" compares (CLS-2, GRD-2).';
REVOKE ALL ON FUNCTION sync.normalise_name(text) FROM PUBLIC;
