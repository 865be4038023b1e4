-- The key of "the same name": normalised, single spaces, case folded. Upper before lower makes ß and
-- ss, and both small sigmas, one; ICU so that the result does not depend on the database's locale. Of
-- ASCII all that is much less. No SET clause, so that it is inlined: it is asked of many names.
CREATE OR REPLACE FUNCTION sync.fold_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN p_name OPERATOR(pg_catalog.~) '^[ -~]*$'
                THEN pg_catalog.lower(pg_catalog.regexp_replace(pg_catalog.btrim(p_name), ' +', ' ', 'g') COLLATE pg_catalog."C")
                ELSE pg_catalog.normalize(pg_catalog.lower(pg_catalog.upper(
                         pg_catalog.regexp_replace(sync.normalise_name(p_name), '\s+', ' ', 'g') COLLATE pg_catalog."und-x-icu") COLLATE pg_catalog."und-x-icu"), 'NFC') COLLATE pg_catalog."C"
           END
$$;
COMMENT ON FUNCTION sync.fold_name(text) IS 'What "same name" compares: normalised, single spaces, case folded (CRED-7, CRED-9, GRD-1, GRD-2).';
REVOKE ALL ON FUNCTION sync.fold_name(text) FROM PUBLIC;
