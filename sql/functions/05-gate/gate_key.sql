-- The one number behind a district's gate. Both sides of the gate call this, so that they cannot
-- come to lock different things.
CREATE OR REPLACE FUNCTION sync.gate_key(p_district bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT pg_catalog.hashtextextended('rosterd.gate', p_district) $$;
COMMENT ON FUNCTION sync.gate_key(bigint) IS 'Advisory lock key of a district''s gate (SAFE-8).';
REVOKE ALL ON FUNCTION sync.gate_key(bigint) FROM PUBLIC;
