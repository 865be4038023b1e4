-- The key of "the same name": normalised, single spaces, case folded. Upper before lower makes ß and
-- ss, and both small sigmas, one; ICU so that the result does not depend on the database's locale.
CREATE OR REPLACE FUNCTION sync.fold_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT normalize(lower(upper(regexp_replace(sync.normalise_name(p_name), '\s+', ' ', 'g') COLLATE "und-x-icu") COLLATE "und-x-icu"), NFC)
           COLLATE "C"
$$;
COMMENT ON FUNCTION sync.fold_name(text) IS 'What "same name" compares: normalised, single spaces, case folded (CRED-7, CRED-9, GRD-1, GRD-2).';
REVOKE ALL ON FUNCTION sync.fold_name(text) FROM PUBLIC;
