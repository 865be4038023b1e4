CREATE OR REPLACE FUNCTION sync.close_gate(p_district bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$ SELECT pg_advisory_xact_lock(sync.gate_key(p_district)) $function$;

COMMENT ON FUNCTION sync.close_gate(bigint) IS 'The run''s side of the gate: waits for the manual acts inside, and keeps new ones out until the transaction ends (SAFE-8).';
REVOKE ALL ON FUNCTION sync.close_gate(bigint) FROM PUBLIC;
