-- The life of a run, and what tells a file that needs work from one that does not.
BEGIN;
SELECT plan(101);
\ir lib.sql
SELECT test.district();
CREATE TABLE test.run (daemon bigint, epoch bigint, id bigint);
INSERT INTO test.run (daemon) SELECT test.as_daemon($$ SELECT sync.daemon_start('test', '1') $$)::bigint;
SELECT test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 600)', daemon)) FROM test.run;
UPDATE test.run SET epoch = (SELECT epoch FROM rosterd.lease WHERE district_id = test.d());
CREATE FUNCTION test.begin(p_cause text DEFAULT 'schedule') RETURNS bigint LANGUAGE sql AS $$
    UPDATE test.run SET id = test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, %L, %L)', daemon, test.d(), epoch, p_cause, 'uid:1'))::bigint RETURNING id $$;
CREATE FUNCTION test.file(p_sha256 text) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_file(%s, %L, 10, 20, %L)', id, 'roster.zip', p_sha256)) FROM test.run $$;
CREATE FUNCTION test.state(p_state text) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_state(%s, %L)', id, p_state)) FROM test.run $$;
CREATE FUNCTION test.over(p_state text, p_reason text DEFAULT NULL, p_owner text DEFAULT NULL) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_end(%s, %L, %L, NULL, %L)', id, p_state, p_reason, p_owner)) FROM test.run $$;
CREATE FUNCTION test.now_run() RETURNS rosterd.run LANGUAGE sql STABLE AS $$ SELECT r.* FROM rosterd.run r JOIN test.run t ON t.id = r.run_id $$;
CREATE FUNCTION test.outstanding() RETURNS boolean LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.outstanding(%s)', test.d()))::boolean $$;
-- What the daemon is told about its district: one column of read_districts.
CREATE FUNCTION test.told(p_column text) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT %I FROM sync.read_districts(%s) WHERE slug = ''oak''', p_column, daemon)) FROM test.run $$;
CREATE FUNCTION test.today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (clock_timestamp() AT TIME ZONE 'America/New_York')::date $$;

-- rule: OFF-1
UPDATE rosterd.district SET sync_enabled = false WHERE district_id = test.d();
SELECT throws_ok('SELECT test.begin()', 'RS102', 'the sync of oak is off', 'off: no run begins');
UPDATE rosterd.district SET sync_enabled = true, paused_until = now() + interval '1 hour', pause_reason = 'test' WHERE district_id = test.d();
SELECT throws_like('SELECT test.begin()', 'the sync of oak is paused until %', 'paused: none either');
SET LOCAL session_replication_role = replica;
UPDATE rosterd.district SET paused_until = now() - interval '1 second' WHERE district_id = test.d();
SET LOCAL session_replication_role = origin;
INSERT INTO rosterd.run (district_id, epoch, cause, state, created_at, ended_at) VALUES (test.d(), 0, 'schedule', 'cancelled', now() - interval '2 days', now() - interval '2 days');
SELECT isnt(test.begin('manual'), NULL, 'a pause that is over is over');
SELECT is((SELECT (state, cause, requested_by, settings_version)::text FROM test.now_run()),
    format('(fetching,manual,uid:1,%s)', (SELECT settings_version FROM rosterd.district WHERE district_id = test.d())), 'a run begins fetching');
SELECT throws_ok('SELECT test.begin()', 'RS105', NULL, 'one at a time');
UPDATE rosterd.district SET paused_until = NULL WHERE district_id = test.d();

SELECT is(test.file('aa'), 'stage', 'a new file is to be staged');
SELECT is((SELECT (file_name, file_size, file_mtime, file_sha256)::text FROM test.now_run()), '(roster.zip,10,20,aa)', 'and noted');
SAVEPOINT slots;
UPDATE stage.slot SET run_id = -slot;
SELECT is(test.as_daemon(format('SELECT sync.slot_take(%s)', id)), NULL, 'while all slots are taken it gets none') FROM test.run;
SELECT is((SELECT state FROM test.now_run()), 'fetching', 'and is not staging');
ROLLBACK TO slots;
SELECT isnt(test.as_daemon(format('SELECT sync.slot_take(%s)', id)), NULL, 'it gets a slot') FROM test.run;
SELECT is((SELECT state FROM test.now_run()), 'staging', 'and is staging');
SELECT is((SELECT (s.district_id, s.epoch, s.closed_at)::text FROM stage.slot s JOIN test.run t ON t.id = s.run_id), (SELECT format('(%s,%s,)', test.d(), epoch) FROM test.run), 'the slot is leased to it');
SELECT test.as_daemon(format('SELECT sync.daemon_beat(%s, 600)', daemon)) FROM test.run;
SELECT is((SELECT count(*) FROM stage.slot s JOIN test.run t ON t.id = s.run_id), 1::bigint, 'and stays so over a beat');
UPDATE stage.slot s SET closed_at = now(), rows = '{}' FROM test.run t WHERE t.id = s.run_id;
SELECT is((SELECT test.as_daemon(format('SELECT sync.slot_take(%s)', t.id)) FROM test.run t), (SELECT s.slot::text FROM stage.slot s JOIN test.run t ON t.id = s.run_id), 'taken again it is the same');
SELECT is((SELECT (s.closed_at IS NULL, s.rows IS NULL)::text FROM stage.slot s JOIN test.run t ON t.id = s.run_id), '(t,t)', 'with an empty header');
SELECT test.state('planning');
SELECT ok((SELECT staged_at IS NOT NULL AND planned_at IS NULL FROM test.now_run()), 'the times of the steps are kept');
SELECT test.state('applying');
SELECT ok((SELECT planned_at IS NOT NULL AND ended_at IS NULL FROM test.now_run()), 'of each step');
SELECT throws_ok($$ SELECT test.state('done') $$, 'RS105', NULL, 'done is no step');
SELECT throws_ok($$ SELECT test.over('applying') $$, 'RS105', NULL, 'applying is no end');
SELECT test.over('failed', 'db.query', 'ops');
SELECT is((SELECT (state, reason, owner, ended_at IS NOT NULL)::text FROM test.now_run()), '(failed,db.query,ops,t)', 'a run ends with a reason and somebody who acts');
SELECT is((SELECT count(*) FROM stage.slot s JOIN test.run t ON t.id = s.run_id), 0::bigint, 'and gives its slot back');
SELECT lives_ok($$ SELECT test.over('failed') $$, 'the same end again is no fault');
SELECT is((SELECT reason FROM test.now_run()), 'db.query', 'and changes nothing');
SELECT throws_ok($$ SELECT test.over('done') $$, 'RS105', NULL, 'another end is');
SELECT throws_ok($$ SELECT test.state('planning') $$, 'RS105', NULL, 'what has ended does not go on');
SELECT throws_ok($$ SELECT test.as_daemon('SELECT sync.run_end(-1, ''done'', NULL, NULL, NULL)') $$, 'RS105', 'there is no run -1', 'a run that never was');

-- which file the fetcher may skip
SELECT is(test.told('last_sha256'), NULL, 'a file whose run failed is fetched again');
SELECT is(test.told('last_state') || test.told('last_reason') || test.told('last_owner'), 'faileddb.queryops', 'though the daemon is told how it ended');
SELECT test.begin(), test.file('bb'), test.over('rejected', 'zip.damaged', 'district');
SELECT is(test.told('last_sha256'), 'bb', 'a rejected one is not');
SELECT test.begin(), test.file('cc'), test.over('cancelled', 'config.switched_off', 'nobody');
SELECT is(test.told('last_sha256'), 'bb', 'a cancelled one is');
SELECT test.begin(), test.file('dd'), test.over('previewed');
SELECT is(test.told('last_sha256'), 'dd', 'a previewed one is not');
UPDATE rosterd.district SET removal_limit_min = 30 WHERE district_id = test.d();
SELECT is(test.told('last_sha256'), 'bb', 'unless a setting has changed since');
SELECT is(test.told('last_success_at'), NULL, 'no success so far');
SELECT test.begin(), test.file('ee'), test.over('done');
SELECT is(test.told('last_sha256') || ' ' || test.told('last_file_name') || ' ' || test.told('last_file_size'), 'ee roster.zip 10', 'an applied one is not');
SELECT isnt(test.told('last_success_at'), NULL, 'and is a success');

-- rule: UPD-6
SELECT ok(NOT test.outstanding(), 'before the first applied run nothing is outstanding');
INSERT INTO sis.judged (district_id, run_id, judged_on, settings_version, rules_version, file_sha256, token, reading)
SELECT d.district_id, t.id, test.today(), d.settings_version, sync.rules_version(), 'ee', gen_random_uuid(), sync.reading(d) FROM rosterd.district d, test.run t WHERE d.district_id = test.d();
SELECT ok(NOT test.outstanding(), 'nor right after it');
SELECT test.begin();
SELECT is(test.file('ee'), 'unchanged', 'the file applied last is unchanged');
SELECT is((SELECT (state, ended_at IS NOT NULL)::text FROM test.now_run()), '(unchanged,t)', 'and its run has ended with that');
SELECT is(test.told('last_run_id'), (SELECT run_id::text FROM test.now_run()), 'the daemon is told of the last run');
SELECT is(test.told('last_success_at')::timestamptz, (SELECT ended_at FROM test.now_run()), 'and of the last success');
SAVEPOINT read;
UPDATE rosterd.district SET use_preferred_names = true WHERE district_id = test.d();
SELECT is(test.told('last_file_size'), '0', 'a file that would be read otherwise now is fetched once more');
SELECT test.begin();
SELECT is(test.file('ee'), 'stage', 'and staged');
SELECT test.over('done');
SELECT is(test.told('last_file_size'), '10', 'once');
ROLLBACK TO read;
SELECT test.begin();
SELECT is(test.file('aa'), 'stage', 'an earlier file is not "unchanged"');
SELECT test.over('failed');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', 1);
SELECT ok(test.outstanding(), 'a hand edit is outstanding');
SELECT test.begin();
SELECT is(test.file('ee'), 'rules', 'the same file with one: the rules run');
SELECT is((SELECT state FROM test.now_run()), 'fetching', 'and the run goes on');
SELECT test.over('failed');
DELETE FROM sync.mark WHERE district_id = test.d();
UPDATE rosterd.district SET note = 'hello' WHERE district_id = test.d();
SELECT ok(NOT test.outstanding(), 'a note is not');
UPDATE rosterd.district SET phone_is_credential = false WHERE district_id = test.d();
SELECT ok(test.outstanding(), 'a setting is');
UPDATE sis.judged SET settings_version = (SELECT settings_version FROM rosterd.district WHERE district_id = test.d()) WHERE district_id = test.d();
UPDATE rosterd.district SET sync_enabled = false WHERE district_id = test.d();
SELECT ok(NOT test.outstanding(), 'switching off is not');
UPDATE rosterd.district SET sync_enabled = true WHERE district_id = test.d();
SELECT ok(test.outstanding(), 'on again is');
UPDATE sis.judged SET settings_version = (SELECT settings_version FROM rosterd.district WHERE district_id = test.d()), rules_version = rules_version - 1 WHERE district_id = test.d();
SELECT ok(test.outstanding(), 'new rules are');
UPDATE sis.judged SET rules_version = sync.rules_version(), judged_on = test.today() - 1 WHERE district_id = test.d();
SELECT ok(NOT test.outstanding(), 'a new day alone is not');
INSERT INTO sync.mark (district_id, kind, id) VALUES (-1, 'person', 1);
SELECT ok(NOT test.outstanding(), 'nor what was done in another district');
DELETE FROM sync.mark WHERE district_id = -1;
SELECT throws_ok('SELECT sync.open_run(-1)', 'RS105', 'there is no run -1', 'a run that is none is not under way');
-- rule: IN-1
CREATE FUNCTION test.with_enrollment(p_begin date, p_end date) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sis.enrollment WHERE district_id = test.d();
    INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, begin_date, end_date, changed_by_run)
    VALUES (test.d(), 'e', 'c', 'p', 'student', p_begin, p_end, 1);
    RETURN test.outstanding();
END $$;
SELECT ok(test.with_enrollment(test.today() + 30, NULL), 'the day an enrollment begins to count is');
SELECT ok(test.with_enrollment(NULL, test.today() - 2), 'the day one has ceased to count is');
SELECT ok(NOT test.with_enrollment(test.today() + 32, test.today() + 200), 'a day within one is not');
SELECT ok(NOT test.with_enrollment(test.today() - 100, test.today() - 10), 'nor one long after');

-- reading them, beyond what the daemon has in memory
CREATE FUNCTION test.runs(p_slug text, p_since timestamptz DEFAULT NULL, p_limit integer DEFAULT 100) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT string_agg(slug || '':'' || state || coalesce('':'' || daemon, ''''), '' '') FROM sync.runs(%L, %L, %s)', p_slug, p_since, p_limit)) $$;
SELECT is(test.runs('oak'), 'oak:failed:test oak:failed:test oak:unchanged:test oak:done:test oak:previewed:test oak:cancelled:test oak:rejected:test oak:failed:test oak:cancelled',
    'the runs of a district, newest first');
SELECT is(test.runs('oak', NULL, 2), 'oak:failed:test oak:failed:test', 'no more than asked for');
SELECT is(array_length(string_to_array(test.runs('oak', now() - interval '1 day'), ' '), 1), 8, 'since a time');
INSERT INTO rosterd.district (slug, name) VALUES ('elm', 'Elm');
INSERT INTO rosterd.run (district_id, epoch, cause, state, created_at, ended_at) SELECT district_id, 0, 'schedule', 'held', clock_timestamp(), clock_timestamp() FROM rosterd.district WHERE slug = 'elm';
SELECT is(test.runs('elm'), 'elm:held', 'of each district its own');
SELECT is(test.runs(NULL, now() - interval '1 day', 2), 'elm:held oak:failed:test', 'or of all');
SELECT throws_ok($$ SELECT test.runs('oka') $$, 'RS008', NULL, 'of a district there is');

-- the answer of set_sync knows that somebody is there
SELECT is(rosterd.set_sync('oak', true), 'Oak District is still on', 'a district with a daemon');
SELECT is(rosterd.set_sync('elm', true), 'Elm is now on; no rosterd is running for it yet', 'and one without');

UPDATE rosterd.lease SET daemon_id = (SELECT daemon FROM test.run) WHERE district_id = (SELECT district_id FROM rosterd.district WHERE slug = 'elm');
SELECT is(rosterd.set_sync('elm', true), 'Elm is still on', 'until one has it');
SAVEPOINT gone;
UPDATE rosterd.daemon SET alive_until = now() - interval '1 second' WHERE daemon_id = (SELECT daemon FROM test.run);
SELECT is(rosterd.set_sync('elm', true), 'Elm is still on; no rosterd is running for it yet', 'that is not silent');
ROLLBACK TO gone;
UPDATE rosterd.daemon SET stopped_at = now() WHERE daemon_id = (SELECT daemon FROM test.run);
SELECT is(rosterd.set_sync('elm', true), 'Elm is still on; no rosterd is running for it yet', 'nor stopped');
ROLLBACK TO gone;
UPDATE rosterd.lease SET daemon_id = NULL WHERE district_id = (SELECT district_id FROM rosterd.district WHERE slug = 'elm');

-- rule: SAFE-4
-- an approval is carried out while there is one, and its file is staged in any case
SELECT test.d() AS oak, (SELECT district_id FROM rosterd.district WHERE slug = 'elm') AS elm \gset
INSERT INTO rosterd.run (district_id, epoch, cause, state, file_sha256, ended_at) VALUES (:oak, 0, 'schedule', 'held', 'ee', now()) RETURNING run_id AS held \gset
INSERT INTO rosterd.hold (run_id, district_id, file_sha256, withholds, since, shown, settings_version, rules_version, judged_on, marks) VALUES (:held, :oak, 'ee', 'all', now(), '{}', 1, 1, current_date, '{}');
SELECT throws_ok($$ SELECT test.begin('approval') $$, 'RS102', 'nothing of oak is approved any more', 'an approval that was not given');
UPDATE rosterd.hold SET decision = 'approved', what = 'all', decided_by = 'x', decided_at = now();
SAVEPOINT approved;
SELECT test.begin('approval');
SELECT is(test.file('ee'), 'stage', 'one that was: its file is staged, be it the one applied last');
SELECT is((SELECT closed_at FROM rosterd.hold WHERE run_id = :held), NULL, 'and it is open until that is applied');
ROLLBACK TO approved;
UPDATE rosterd.hold SET closed_at = now();
SELECT throws_ok($$ SELECT test.begin('approval') $$, 'RS102', 'nothing of oak is approved any more', 'one that was carried out');
UPDATE rosterd.hold SET closed_at = NULL, district_id = :elm;
SELECT throws_ok($$ SELECT test.begin('approval') $$, 'RS102', 'nothing of oak is approved any more', 'one of another district');
ROLLBACK TO approved;
UPDATE sis.judged SET file_sha256 = 'ff', settings_version = (SELECT settings_version FROM rosterd.district WHERE district_id = :oak), judged_on = test.today() WHERE district_id = :oak;
INSERT INTO sis.judged (district_id, run_id, judged_on, settings_version, rules_version, file_sha256, token, reading)
SELECT :elm, 1, test.today(), 1, sync.rules_version(), 'ee', gen_random_uuid(), sync.reading(d) FROM rosterd.district d WHERE d.district_id = :elm;
UPDATE rosterd.expected SET last_file_at = NULL;
SELECT test.begin();
SELECT is(test.file('ee'), 'stage', 'what another district applied last is staged');
SELECT is((SELECT string_agg(d.slug, ' ') FROM rosterd.expected e JOIN rosterd.district d USING (district_id) WHERE e.last_file_at IS NOT NULL), 'oak', 'and noted as come');
SELECT test.over('failed'), test.begin();
SELECT is(test.file('ff'), 'unchanged', 'back to the file in use');
SELECT is((SELECT closed_by_run FROM rosterd.hold WHERE run_id = :held), (SELECT id FROM test.run), 'what a newer one wanted is off');
ROLLBACK TO approved;
-- a number that is taken already: whatever is wrong, it is not that a run is under way
INSERT INTO rosterd.run (run_id, district_id, epoch, cause, state, ended_at) OVERRIDING SYSTEM VALUE
SELECT n, :oak, 0, 'schedule', 'done', now() FROM nextval(pg_get_serial_sequence('rosterd.run', 'run_id')) AS last, generate_series(last + 1, last + 50) n;
SELECT throws_ok('SELECT test.begin()', '23505', NULL, 'what is no run under way is not called one');
ROLLBACK TO approved;
DELETE FROM rosterd.hold;
DELETE FROM rosterd.run WHERE run_id = :held;

-- acknowledged changes
UPDATE rosterd.district SET note = 'again' WHERE district_id = test.d();
SELECT ok((SELECT seen_version < version FROM rosterd.district WHERE district_id = test.d()), 'a change waits for the daemon');
SELECT is(test.told('version'), (SELECT version::text FROM rosterd.district WHERE district_id = test.d()), 'which reads it');
SELECT ok((SELECT seen_version = version AND seen_at >= changed_at FROM rosterd.district WHERE district_id = test.d()), 'and that is acknowledged');

-- on behalf of the control socket
SELECT is(test.as_daemon($$ SELECT sync.hostkey_accept('oak', 'SHA256:4YmHXxN0ZbzUaGYQqnLMfPVPvDq8xT5b8w3WzZr1k2A', 'uid:1000') $$),
    'pinned for oak: SHA256:4YmHXxN0ZbzUaGYQqnLMfPVPvDq8xT5b8w3WzZr1k2A', 'a host key is pinned');
SELECT is((SELECT changed_by || ' ' || host_keys::text FROM rosterd.source WHERE district_id = test.d()),
    'uid:1000 {SHA256:4YmHXxN0ZbzUaGYQqnLMfPVPvDq8xT5b8w3WzZr1k2A}', 'in the name of who asked');
SELECT throws_ok($$ SELECT test.as_daemon('SELECT sync.hostkey_accept(''oak'', ''MD5:00'', ''uid:1000'')') $$, '23514', NULL, 'an odd one is not');
SELECT throws_ok($$ SELECT test.as_daemon('SELECT sync.hostkey_accept(''oak'', '' '', ''uid:1000'')') $$, '23514', 'no fingerprint was given', 'nor none');
SELECT throws_ok($$ SELECT test.as_daemon('SELECT sync.hostkey_accept(''oak'', NULL, ''uid:1000'')') $$, '23514', 'no fingerprint was given', 'none at all');
SELECT alike(test.as_daemon($$ SELECT sync.set_pause('oak', now() + interval '1 hour', 'maintenance', 'uid:1000') $$), 'Oak District is paused until %', 'a pause');
SELECT is(test.as_daemon($$ SELECT sync.set_pause('oak', NULL, NULL, 'uid:1000') $$), 'Oak District is on', 'and its end');
SELECT throws_ok($$ SELECT test.as_daemon('SELECT sync.set_pause(''oka'', NULL, NULL, ''uid:1000'')') $$, 'RS008', 'there is no district "oka"', 'of a district there is');

-- Files that a newer, complete one makes unnecessary.
CREATE FUNCTION test.supersede(p_files jsonb, p_epoch bigint DEFAULT 0) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_supersede(%s, %s, %s, %L, %L)', daemon, test.d(), epoch + p_epoch, p_files, 'new.zip')) FROM test.run $$;
CREATE TABLE test.known AS SELECT test.told('last_file_name') AS name;
SELECT lives_ok($$ SELECT test.supersede('[{"name":"b.zip","size":2,"mtime":20},{"name":"a.zip","size":1,"mtime":10}]') $$, 'superseded files are noted');
SELECT results_eq($$ SELECT file_name, file_size, file_mtime, detail, owner FROM rosterd.run WHERE state = 'superseded' AND file_sha256 IS NULL ORDER BY run_id $$,
    $$ VALUES ('a.zip', 1::bigint, 10::bigint, 'new.zip, which came later, is complete', 'nobody'), ('b.zip', 2, 20, 'new.zip, which came later, is complete', 'nobody') $$, 'the oldest first, and why');
SELECT test.supersede('[{"name":"a.zip","size":1,"mtime":10}]');
SELECT is((SELECT count(*) FROM rosterd.run WHERE state = 'superseded' AND file_sha256 IS NULL), 2::bigint, 'each once');
SELECT test.supersede('[{"name":"a.zip","size":1,"mtime":11},{"name":"a.zip","size":2,"mtime":10},{"name":"c.zip","size":1,"mtime":10}]');
SELECT is((SELECT count(*) FROM rosterd.run WHERE state = 'superseded' AND file_sha256 IS NULL), 5::bigint, 'and others beside them: of another time, size or name');
SELECT is(test.told('last_file_name'), (SELECT name FROM test.known), 'they do not count as the file taken last');
INSERT INTO rosterd.run (district_id, epoch, cause, state, file_name, file_size, file_mtime, ended_at) SELECT district_id, 0, 'schedule', 'superseded', 'd.zip', 1, 10, now() FROM rosterd.district WHERE slug = 'elm';
SELECT test.supersede('[{"name":"d.zip","size":1,"mtime":10},{"name":"roster.zip","size":10,"mtime":20}]');
SELECT is((SELECT count(*) FROM rosterd.run WHERE district_id = test.d() AND state = 'superseded'), 7::bigint, 'also what another district has, or was taken before');
SELECT throws_ok($$ SELECT test.supersede('[]', 1) $$, 'RS101', NULL, 'only by the daemon that has the district');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_supersede(%s, %s, %s, ''[]'', ''x'')') $$, daemon + 1, test.d(), epoch), 'RS101', NULL, 'not by another') FROM test.run;
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_supersede(%s, %s, %s, ''[]'', ''x'')') $$, daemon, d.district_id, epoch), 'RS101', NULL, 'nor in one that it has not')
FROM test.run, rosterd.district d WHERE d.slug = 'elm';

SELECT * FROM finish();
ROLLBACK;
