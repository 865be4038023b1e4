-- An act in a transaction whose snapshot is from before it entered the gate.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT plan(3);
-- rule: SAFE-8
SELECT throws_ok('SELECT sync.enter_gate(1)', '0A000', 'manual acts need the isolation level READ COMMITTED', 'an act is refused');
SELECT throws_ok('SELECT sync.shut_gate(1)', '0A000', 'manual acts need the isolation level READ COMMITTED', 'so is an undo or an erasure');
SELECT is((SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), 0::bigint, 'neither has entered');
SELECT * FROM finish();
ROLLBACK;
