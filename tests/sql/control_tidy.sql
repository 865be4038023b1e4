-- How long runs and audits are kept, and what of them must not go.
BEGIN;
SELECT plan(12);
\ir lib.sql
SELECT test.district();
CREATE FUNCTION test.run(p_state text, p_days integer, p_sha256 text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO rosterd.run (district_id, epoch, cause, state, file_sha256, created_at, ended_at)
    VALUES (test.d(), 1, 'schedule', p_state, p_sha256, now() - make_interval(days => p_days), now() - make_interval(days => p_days)) RETURNING run_id $$;
CREATE FUNCTION test.kept() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(state || coalesce(':' || file_sha256, ''), ' ' ORDER BY run_id) FROM rosterd.run WHERE district_id = test.d() $$;
CREATE FUNCTION test.tidy() RETURNS boolean LANGUAGE sql AS $$ SELECT test.as_daemon('SELECT sync.tidy(400, 90, 400)')::boolean $$;

SELECT test.run('done', 500), test.run('done', 450, 'a'), test.run('rejected', 440, 'b'), test.run('failed', 430), test.run('held', 420, 'c');
SELECT ok(NOT test.tidy(), 'one call does it');
SELECT is(test.kept(), 'done:a held:c', 'the last good run, what is held and the last with a file stay, whatever their age');
SELECT test.run('done', 410, 'd'), test.run('failed', 405);
INSERT INTO rosterd.finding (district_id, run_id, severity, code, message) SELECT test.d(), run_id, 'error', 'x', 'words' FROM rosterd.run WHERE file_sha256 = 'a';
SELECT test.run('done', 399, 'e'), test.run('failed', 1);
SELECT test.tidy();
SELECT is(test.kept(), 'done:a held:c done:e failed', 'as does a run with an open finding');
UPDATE rosterd.finding SET closed_by_run = 1, closed_at = now() WHERE district_id = test.d();
SELECT test.tidy();
SELECT is(test.kept(), 'held:c done:e failed', 'until it is closed');

-- other districts: one that only ever failed, and one whose data in use are old
SELECT test.district('elm');
SELECT test.run('failed', 600), test.run('failed', 500);
SELECT test.tidy();
SELECT is(test.kept(), 'failed', 'the last run of a district stays');
SELECT test.district('ash');
SELECT test.run('done', 600), test.run('done', 500), test.run('failed', 450), test.run('failed', 1);
SELECT test.tidy();
SELECT is(test.kept(), 'done failed', 'and its last good one');

INSERT INTO audit.change (district_id, at, rule, relation, key) VALUES (test.d(), now() - interval '401 days', 'UPD-3', 'person', '{}'), (test.d(), now() - interval '399 days', 'UPD-3', 'person', '{}');
UPDATE rosterd.config_change SET changed_at = now() - interval '401 days' WHERE district_id = test.d() AND relation = 'district';
SELECT test.tidy();
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = test.d()), 1::bigint, 'audits go after their time');
SELECT is((SELECT string_agg(relation, ' ') FROM rosterd.config_change WHERE district_id = test.d()), 'source', 'those of the settings too');

INSERT INTO audit.change (district_id, at, rule, relation, key) SELECT test.d(), now() - interval '500 days', 'UPD-3', 'person', '{}' FROM generate_series(1, 10001);
SELECT ok(test.tidy(), 'more than one call should do');
SELECT ok(NOT test.tidy(), 'is done by two');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = test.d()), 1::bigint, 'and done');

INSERT INTO rosterd.daemon (name, version, alive_until, stopped_at) VALUES ('old', '1', now(), now() - interval '401 days'), ('gone', '1', now(), now() - interval '399 days');
SELECT test.tidy();
SELECT is((SELECT string_agg(name, ' ') FROM rosterd.daemon WHERE name IN ('old', 'gone')), 'gone', 'daemons of long ago go too');

SELECT * FROM finish();
ROLLBACK;
