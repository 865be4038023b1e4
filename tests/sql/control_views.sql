-- What people read: the words, and who acts.
BEGIN;
SELECT plan(43);
\ir lib.sql
CREATE ROLE amy LOGIN IN ROLE rosterd_csm;
SELECT test.district();
UPDATE rosterd.source SET host_keys = '{SHA256:4YmHXxN0ZbzUaGYQqnLMfPVPvDq8xT5b8w3WzZr1k2A}' WHERE district_id = test.d();
-- As a CSM sees it.
CREATE FUNCTION test.seen(p_column text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', 'amy', true);
    EXECUTE format('SELECT %I FROM rosterd.districts WHERE slug = ''oak''', p_column) INTO v_answer;
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;
CREATE FUNCTION test.needs() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', 'amy', true);
    SELECT string_agg(what || ' > ' || who_acts, ', ') INTO v_answer FROM rosterd.needs_attention WHERE slug IN ('oak', '(all)');
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;

SELECT is(test.seen('sync'), 'on', 'on');
SELECT is(test.seen('health'), 'unknown', 'never synced');
SELECT is(test.seen('age'), 'never', 'never');
SELECT is(test.seen('rosterd'), 'none', 'by nobody');
SELECT is(test.seen('last_change'), 'waiting: no rosterd is running for it', 'so the change waits');
SELECT is(test.needs(), 'no rosterd is running > ops', 'and that needs somebody');

CREATE TABLE test.daemon AS SELECT test.as_daemon($$ SELECT sync.daemon_start('ops-03', '1') $$)::bigint AS id;
SELECT test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 600)', id)) FROM test.daemon;
SELECT is(test.seen('last_change'), 'waiting for rosterd', 'a daemon has it');
SELECT is(test.needs(), NULL, 'so nobody is needed');
SELECT test.as_daemon(format('SELECT count(*) FROM sync.read_districts(%s)', id)) FROM test.daemon;
SELECT matches(test.seen('last_change'), '^applied \d+\.\d s later$', 'and has taken up the change');
SELECT matches(test.seen('rosterd'), '^ops-03, seen \d+\.\d s ago$', 'it lives');

-- what a daemon says
CREATE FUNCTION test.say(p_health text, p_reason text, p_owner text, p_since_s double precision, p_epoch bigint DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT sync.report_health(%s, %L)', id, jsonb_build_array(jsonb_build_object('district', test.d(),
        'epoch', (SELECT epoch FROM rosterd.lease WHERE district_id = test.d()) + p_epoch, 'health', p_health, 'reason', p_reason, 'owner', p_owner,
        'since', extract(epoch FROM clock_timestamp()) - p_since_s)))) FROM test.daemon $$;
SELECT is(test.say('failing', 'sftp.auth', 'district', 7300), '1', 'a daemon says how a district is');
SELECT is(test.seen('health') || ' > ' || test.seen('who_acts') || ' > ' || test.seen('why'), 'failing > district > The server refuses our key or password.', 'which is to be read');
SELECT is(test.needs(), 'failing > district', 'and needs somebody');
SELECT ok((SELECT since < now() - interval '2 hours' FROM rosterd.needs_attention WHERE slug = 'oak'), 'since it began');
SELECT is(test.say('ok', NULL, NULL, 0, 1), '0', 'under another lease it does not count');
SELECT is(test.seen('health'), 'failing', 'and changes nothing');
SELECT is((SELECT h.health || ' ' || h.health_owner FROM sync.overview() h WHERE h.slug = 'oak'), 'failing district', 'other daemons see it too');
SELECT test.say('retrying', 'db.unavailable', 'nobody', 60);
SELECT is(test.needs(), NULL, 'what mends itself needs nobody');
SELECT test.say('retrying', 'db.unavailable', 'nobody', 7200);
SELECT is(test.needs(), 'retrying > nobody', 'unless it lasts');
SELECT test.say('ok', NULL, NULL, 0);

-- what a run leaves
INSERT INTO rosterd.run (district_id, daemon_id, epoch, cause, state, reason, owner, detail, file_name, created_at, ended_at)
SELECT test.d(), id, 1, 'schedule', 'rejected', 'roster.header', 'district', 'users.csv', 'x.zip', clock_timestamp() - interval '75 seconds', clock_timestamp() FROM test.daemon;
SELECT is(test.seen('health') || ' > ' || test.seen('last_run'), 'failing > rejected (roster.header)', 'a run that ended later speaks');
SELECT is(test.needs(), 'failing > district', 'for somebody');
SELECT is((SELECT why || ' ' || what_to_do FROM rosterd.needs_attention WHERE slug = 'oak'),
    'A CSV lacks a column that is needed. (users.csv) Ask the district to look at the header named in the finding.', 'with the reason and the next step');
SELECT is((SELECT (slug, took, state, who_acts, file_name)::text FROM rosterd.last_runs WHERE slug = 'oak'), '(oak,"1 m 15 s",rejected,district,x.zip)', 'and is in the list');
INSERT INTO rosterd.run (district_id, daemon_id, epoch, cause, state, created_at, ended_at) SELECT test.d(), id, 1, 'schedule', 'done', clock_timestamp(), clock_timestamp() - interval '3 hours' FROM test.daemon;
SELECT matches(test.seen('age'), '^3 h 0 m ago$', 'the age of the data');
SELECT is(test.seen('health'), 'ok', 'all is well');
INSERT INTO rosterd.finding (district_id, run_id, severity, code, message, count) SELECT test.d(), max(run_id), 'error', 'x', 'words', 12 FROM rosterd.run WHERE district_id = test.d();
SELECT is(test.needs(), 'errors in the data > district', 'but for errors in the file');

SELECT is((SELECT (h.daemon, h.host, h.username, h.poll_every_s, h.sync_enabled, h.last_state, h.errors, h.warnings, h.last_success_at < now())::text
           FROM sync.overview() h WHERE h.slug = 'oak'), '(ops-03,localhost,roster,900,t,done,12,0,t)', 'the daemon''s overview says the same');
SELECT is((SELECT count(*) FROM sync.overview() h WHERE h.slug = 'oak'), 1::bigint, 'once');

-- what cannot start
UPDATE rosterd.finding SET closed_by_run = 1 WHERE district_id = test.d();
UPDATE rosterd.source SET host_keys = '{}' WHERE district_id = test.d();
SELECT is(test.needs(), 'cannot start > ops', 'no host key pinned');
SELECT matches((SELECT what_to_do FROM rosterd.needs_attention WHERE slug = 'oak'), 'rosterctl hostkey oak --accept', 'the next step names the district');
DELETE FROM rosterd.source WHERE district_id = test.d();
SELECT is(test.needs(), 'cannot start > ops', 'no source');

-- off and paused
UPDATE rosterd.district SET paused_until = '2099-08-01 12:00+00', pause_reason = 'summer' WHERE district_id = test.d();
SELECT is(test.seen('sync'), 'paused until ' || to_char('2099-08-01 12:00+00'::timestamptz, 'YYYY-MM-DD HH24:MI TZ'), 'paused, and until when');
SELECT is(test.needs(), NULL, 'needs nobody');
UPDATE rosterd.district SET sync_enabled = false WHERE district_id = test.d();
SELECT is(test.seen('sync'), 'off', 'off');
SELECT is((SELECT string_agg(setting || ' ' || before || ' ' || after, ', ' ORDER BY setting) FROM rosterd.switch_history
           WHERE slug = 'oak' AND in_table = 'district' AND before <> '-'), 'sync_enabled true false', 'who switched what');
SELECT is(rosterd.span_words(interval '0.42 s') || ', ' || rosterd.span_words(interval '59.9 s') || ', ' || rosterd.span_words(interval '1 h 59 s')
    || ', ' || rosterd.span_words(interval '3 d 4 h'), '0.4 s, 59 s, 1 h 0 m, 3 d 4 h', 'spans as people say them');

-- how the last run ended, in a word, where no daemon speaks; another district's success is not its own
CREATE FUNCTION test.health_after(p_state text, p_owner text, p_on boolean, p_good boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_slug text := 'e' || md5(p_state || p_owner || p_on || p_good);
    v_id bigint;
BEGIN
    INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES (v_slug, 'Elm', p_on) RETURNING district_id INTO v_id;
    IF p_good THEN
        INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at) VALUES (v_id, 0, 'schedule', 'done', now() - interval '3 days'), (v_id, 0, 'schedule', 'unchanged', now() - interval '2 days');
    END IF;
    INSERT INTO rosterd.run (district_id, epoch, cause, state, owner, ended_at) VALUES (v_id, 0, 'schedule', p_state, p_owner, now());
    RETURN (SELECT health || ', ' || age FROM rosterd.districts WHERE slug = v_slug);
END $$;
SELECT is(test.health_after('failed', 'nobody', true, true), 'retrying, 2 d 0 h ago', 'failed, and tried again');
SELECT is(test.health_after('failed', 'ops', true, false), 'failing, never', 'failed, and somebody has to act');
SELECT is(test.health_after('cancelled', 'nobody', true, false), 'retrying, never', 'cancelled and on: it comes again');
SELECT is(test.health_after('cancelled', 'nobody', false, true), 'ok, 2 d 0 h ago', 'cancelled by switching off');
SELECT is(test.health_after('cancelled', 'nobody', false, false), 'unknown, never', 'before anything was ever synced');
SELECT is(test.health_after('held', 'csm', true, true), 'held, 2 d 0 h ago', 'held');

INSERT INTO directory.school (district_id, school_id, sourced_id, name) OVERRIDING SYSTEM VALUE VALUES (test.d(), 31, 'o-1', 'Elm School');
SELECT is((SELECT string_agg(format('%s %s %s', slug, school_id, name), ', ') FROM rosterd.schools), 'oak 31 Elm School', 'the number that appointing a leader takes');

SELECT * FROM finish();
ROLLBACK;
