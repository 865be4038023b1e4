-- The isolation level matters: everything an act decides must be read after the gate was entered.
-- In READ COMMITTED each later statement has its own snapshot; in the stricter levels the snapshot
-- is from before the wait, and the act would judge a directory that is no longer there.
CREATE OR REPLACE FUNCTION sync.need_read_committed() RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = 'manual acts need the isolation level READ COMMITTED',
            HINT = 'Begin the transaction with ISOLATION LEVEL READ COMMITTED.';
    END IF;
END
$$;
COMMENT ON FUNCTION sync.need_read_committed() IS
    'Refuses an act in a transaction whose snapshot is from before the gate was entered (SAFE-8).';
REVOKE ALL ON FUNCTION sync.need_read_committed() FROM PUBLIC;
