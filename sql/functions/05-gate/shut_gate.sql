-- For acts that are as far-reaching as a run: nobody else is inside while they work.
CREATE OR REPLACE FUNCTION sync.shut_gate(p_district bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM sync.need_read_committed();
    PERFORM pg_advisory_xact_lock(sync.gate_key(p_district));
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS012',
        MESSAGE = 'the district is busy',
        HINT = 'A sync or somebody else is at work on it. Nothing was changed. Try again in a moment.';
END
$$;
COMMENT ON FUNCTION sync.shut_gate(bigint) IS
    'Closes the district''s gate for an undo or an erasure, RS012 after 2 s of waiting (SAFE-8).';
REVOKE ALL ON FUNCTION sync.shut_gate(bigint) FROM PUBLIC;
