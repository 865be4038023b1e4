-- A manual act enters its district's gate in the shared mode, a run closes it (exclusive) while it
-- applies. So an act is either wholly before a run's apply or wholly after it.
CREATE OR REPLACE FUNCTION sync.enter_gate(p_district bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM sync.need_read_committed();
    PERFORM pg_advisory_xact_lock_shared(sync.gate_key(p_district));
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS012',
        MESSAGE = 'the district is busy with a sync',
        HINT = 'Nothing was changed. Try again in a moment.';
END
$$;
COMMENT ON FUNCTION sync.enter_gate(bigint) IS
    'First statement of every writing call of a person: shared side of the district''s gate, RS012 after 2 s of waiting (SAFE-8).';
REVOKE ALL ON FUNCTION sync.enter_gate(bigint) FROM PUBLIC;
