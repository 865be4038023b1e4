-- Which daemon works on which district, by the database's clock.
BEGIN;
SELECT plan(43);
\ir lib.sql
DELETE FROM rosterd.lease;
SELECT rosterd.onboard('d' || n, 'District ' || n, 'h', 22, 'u', '/', 'k') FROM generate_series(1, 7) n;

CREATE TABLE test.daemon (name text PRIMARY KEY, id bigint);
CREATE FUNCTION test.start(p_name text) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO test.daemon VALUES (p_name, test.as_daemon(format('SELECT sync.daemon_start(%L, %L)', p_name, '1.0'))::bigint)
    ON CONFLICT (name) DO UPDATE SET id = excluded.id RETURNING id $$;
CREATE FUNCTION test.id(p_name text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT id FROM test.daemon WHERE name = p_name $$;
CREATE FUNCTION test.beat(p_name text) RETURNS boolean LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.daemon_beat(%s, 30)', test.id(p_name)))::boolean $$;
-- 'a: d1 d2'
CREATE FUNCTION test.lease(p_name text) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 30)', test.id(p_name))) $$;
CREATE FUNCTION test.owned() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(x.name || ':' || x.n, ' ' ORDER BY x.name), '') FROM (
        SELECT coalesce(t.name, '-') AS name, count(*) AS n FROM rosterd.lease l LEFT JOIN test.daemon t ON t.id = l.daemon_id GROUP BY 1) x $$;
CREATE FUNCTION test.epochs() RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT string_agg(l.epoch::text, ' ' ORDER BY d.district_id) FROM rosterd.lease l JOIN rosterd.district d USING (district_id) $$;
-- Its last beat was too long ago.
CREATE FUNCTION test.silence(p_name text) RETURNS void LANGUAGE sql AS
    $$ UPDATE rosterd.daemon SET alive_until = clock_timestamp() - interval '1 second' WHERE daemon_id = test.id(p_name) $$;

SELECT test.start('a');
SELECT is(test.lease('a'), '7', 'one daemon takes them all');
SELECT is(test.epochs(), '1 1 1 1 1 1 1', 'and each gets an epoch');
SELECT test.lease('a');
SELECT is(test.epochs(), '1 1 1 1 1 1 1', 'which stays while it keeps them');

-- a second one comes: given back without interrupting anything; what has ended is no reason to keep a district
INSERT INTO rosterd.run (district_id, daemon_id, epoch, cause, state, ended_at) SELECT district_id, test.id('a'), 0, 'schedule', 'done', now() FROM rosterd.district;
UPDATE rosterd.district SET sync_enabled = true WHERE slug IN ('d6', 'd7');
SELECT test.as_daemon(format('SELECT sync.run_begin(%s, %s, 1, ''schedule'', NULL)', test.id('a'), district_id)) FROM rosterd.district WHERE slug IN ('d6', 'd7');
SELECT test.start('b');
SELECT is(test.lease('b'), '0', 'a newcomer finds nothing free');
SELECT is(test.lease('a'), '4', 'until the first gives back what is beyond its share');
SELECT is((SELECT count(*) FROM rosterd.lease l JOIN rosterd.district d USING (district_id) WHERE l.daemon_id = test.id('a') AND d.slug IN ('d6', 'd7')), 2::bigint,
    'but none with a run under way');
SELECT is(test.lease('b'), '3', 'then it takes its own');
SELECT is(test.owned(), 'a:4 b:3', 'fair shares');
SELECT is((SELECT string_agg(l.epoch::text, ' ' ORDER BY l.epoch) FROM rosterd.lease l WHERE l.daemon_id = test.id('b')), '2 2 2', 'under a new epoch');
SELECT test.lease('a'), test.lease('b'), test.lease('a'), test.lease('b');
SELECT is(test.owned(), 'a:4 b:3', 'and that is stable');
SAVEPOINT two;
SELECT test.start('x'), test.lease('a');
SELECT is(test.owned(), '-:1 a:3 b:3', 'a third gets what is beyond a share, of who has it');
ROLLBACK TO two;

-- each reads, and acknowledges, its own
UPDATE rosterd.source SET host = 'host-' || district_id;
CREATE FUNCTION test.read(p_name text, p_slug text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT count(*) || '' '' || bool_and(host = ''host-'' || district_id AND epoch > 0) FROM sync.read_districts(%s, %L)', test.id(p_name), p_slug)) $$;
SELECT is(test.read('a', (SELECT d.slug FROM rosterd.district d JOIN rosterd.lease l USING (district_id) WHERE l.daemon_id = test.id('a') LIMIT 1)), '1 true', 'one by name');
SELECT is((SELECT count(*) FROM rosterd.district WHERE seen_version = version), 1::bigint, 'that one is acknowledged');
SELECT is(test.read('a'), '4 true', 'all its own, with their sources');
SELECT is((SELECT count(*) FROM rosterd.district d JOIN rosterd.lease l USING (district_id) WHERE (d.seen_version = d.version) = (l.daemon_id = test.id('a'))), 7::bigint,
    'it acknowledges its own and no other');

-- rule: SAFE-8
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_begin(%s, %s, 1, ''schedule'', NULL)') $$, test.id('b'),
    (SELECT district_id FROM rosterd.district WHERE slug = 'd7')), 'RS101', NULL, 'a daemon runs only what is its own');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_begin(%s, %s, 1, ''schedule'', NULL)') $$, test.id('a'),
    (SELECT district_id FROM rosterd.district WHERE slug = 'd7')), 'RS105', NULL, 'and one run of a district at a time');

SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL)') $$, test.id(daemon), district_id, epoch), 'RS101', NULL, what)
FROM rosterd.district, (VALUES ('b', 'd7', 2, 'under its own lease, not that of another district'), ('a', 'd1', 2, 'and of this epoch'), ('b', 'd1', 1, 'with the lease')) AS x (daemon, slug_of, epoch, what) WHERE slug = slug_of;

-- a dies with a run under way and a slot
SELECT test.as_daemon(format('SELECT sync.slot_take(%s)', (SELECT run_id FROM rosterd.run r JOIN rosterd.district d USING (district_id) WHERE d.slug = 'd7' AND r.ended_at IS NULL)));
SELECT is((SELECT count(*) FROM stage.slot s JOIN rosterd.run r USING (run_id) WHERE r.daemon_id = test.id('a')), 1::bigint, 'a run holds a slot');
SELECT ok(test.beat('b'), 'the other lives');
SELECT is(test.owned(), 'a:4 b:3', 'a silent moment costs nothing');
SELECT test.silence('a');
SELECT is(test.lease('b'), '7', 'a daemon silent for too long loses its districts');
SELECT is((SELECT string_agg(r.state || ' ' || r.reason || ' ' || r.owner, ', ') FROM rosterd.run r WHERE r.daemon_id = test.id('a') AND r.reason IS NOT NULL),
    'interrupted daemon.stopped nobody, interrupted daemon.stopped nobody', 'its runs are interrupted');
SELECT is((SELECT count(*) FROM rosterd.run r WHERE r.daemon_id = test.id('a') AND r.state = 'done'), 7::bigint, 'what had ended has');
SELECT is((SELECT count(*) FROM stage.slot s JOIN rosterd.run r USING (run_id) WHERE r.daemon_id = test.id('a')), 0::bigint, 'its slot is free');
SELECT ok(NOT test.beat('a'), 'when it wakes up it learns that it was taken for dead');
SELECT is(test.lease('a'), '0', 'and gets nothing');
SELECT is(test.owned(), 'b:7', 'nor takes anything from the living');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_state(%s, ''applying'')') $$, (SELECT max(run_id) FROM rosterd.run WHERE daemon_id = test.id('a'))),
    'RS105', NULL, 'what it had begun is over');

-- an open run of a lost lease does not block the next owner
SELECT is(test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL) > 0', test.id('b'), l.district_id, l.epoch)), 'true', 'the new owner begins afresh')
FROM rosterd.lease l JOIN rosterd.district d USING (district_id) WHERE d.slug = 'd7';
SELECT is((SELECT state FROM rosterd.run r WHERE r.daemon_id = test.id('b')), 'fetching', 'its run is under way');
UPDATE rosterd.lease SET epoch = epoch + 1 WHERE district_id = (SELECT district_id FROM rosterd.district WHERE slug = 'd7');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.slot_take(%s)') $$, (SELECT run_id FROM rosterd.run WHERE daemon_id = test.id('b'))),
    'RS101', NULL, 'a run whose district moved on goes no further');
SELECT is(test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL) > 0', test.id('b'), l.district_id, l.epoch)), 'true', 'and does not stand in the way')
FROM rosterd.lease l JOIN rosterd.district d USING (district_id) WHERE d.slug = 'd7';
SELECT is((SELECT string_agg(state || coalesce(' ' || reason, ''), ', ' ORDER BY run_id) FROM rosterd.run r WHERE r.daemon_id = test.id('b')),
    'interrupted lease.lost, fetching', 'it is interrupted then');

-- a good end
SELECT test.start('c');
SELECT test.as_daemon(format('SELECT sync.daemon_stop(%s)', test.id('b')));
SELECT is(test.owned(), '-:7', 'a daemon that stops frees its districts at once');
SELECT is((SELECT count(*) FROM rosterd.run r WHERE r.daemon_id = test.id('b') AND r.ended_at IS NULL), 0::bigint, 'and leaves no run open');
SELECT ok(test.beat('c'), 'the others live on');
SELECT is(test.lease('c'), '7', 'and take what it had, too');

-- what a beat leaves alone, and what it mends
UPDATE rosterd.daemon SET alive_until = now() - interval '1 day', stopped_at = '2020-01-01' WHERE daemon_id = test.id('b');
UPDATE stage.slot SET run_id = -1 WHERE slot = 7;
CREATE TABLE test.slots AS SELECT s.slot, s.ctid AS place FROM stage.slot s WHERE s.run_id IS NULL;
SELECT test.beat('c');
SELECT is((SELECT stopped_at FROM rosterd.daemon WHERE daemon_id = test.id('b')), '2020-01-01'::timestamptz, 'who has stopped has');
SELECT is((SELECT run_id FROM stage.slot WHERE slot = 7), NULL, 'a slot of a run that is not there any more is free');
SELECT is_empty($$ SELECT s.slot FROM stage.slot s JOIN test.slots t USING (slot) WHERE s.ctid <> t.place $$, 'the others are not written');

SELECT * FROM finish();
ROLLBACK;
