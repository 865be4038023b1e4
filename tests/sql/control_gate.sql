-- A district's gate: who enters holds one side of it to the end, and nobody waits for long.
BEGIN;
SELECT plan(7);
CREATE FUNCTION pg_temp.held() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg((l.classid::bigint << 32 | l.objid::bigint) || ' ' || l.mode, ', ' ORDER BY l.mode) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() $$;

-- rule: SAFE-8
SELECT isnt(sync.gate_key(1), sync.gate_key(2), 'each district has its own');
SAVEPOINT outside;
SELECT sync.enter_gate(1);
SELECT is(pg_temp.held(), sync.gate_key(1) || ' ShareLock', 'who acts by hand lets others in');
ROLLBACK TO outside;
SELECT sync.shut_gate(1);
SELECT is(pg_temp.held(), sync.gate_key(1) || ' ExclusiveLock', 'an undo or an erasure does not');
ROLLBACK TO outside;
SELECT sync.close_gate(1);
SELECT is(pg_temp.held(), sync.gate_key(1) || ' ExclusiveLock', 'nor does a run that applies');
ROLLBACK TO outside;
SELECT is(pg_temp.held(), NULL, 'and it is left with the transaction');

-- somebody else inside for longer than is waited, as far as one session can tell
CREATE OR REPLACE FUNCTION sync.gate_key(p_district bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE lock_not_available; END $$;
SELECT throws_ok('SELECT sync.enter_gate(1)', 'RS012', 'the district is busy with a sync', 'an act is told to come again');
SELECT throws_ok('SELECT sync.shut_gate(1)', 'RS012', 'the district is busy', 'so is an undo or an erasure');
SELECT * FROM finish();
ROLLBACK;
