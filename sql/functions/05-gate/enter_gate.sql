-- A manual act enters its district's gate in the shared mode, a run closes it (exclusive) while it
-- applies. So an act is either wholly before a run's apply or wholly after it.
--
-- The isolation level matters: everything an act decides must be read after the gate was entered.
-- In READ COMMITTED each later statement has its own snapshot; in the stricter levels the snapshot
-- is from before the wait, and the act would judge a directory that is no longer there.
CREATE OR REPLACE FUNCTION sync.enter_gate(p_district bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = 'manual acts need the isolation level READ COMMITTED',
            HINT = 'Begin the transaction with ISOLATION LEVEL READ COMMITTED.';
    END IF;
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
