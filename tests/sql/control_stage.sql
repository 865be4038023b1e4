-- Two districts at work at a time, each run with a slot of its own: what one does is not the other's.
BEGIN;
SELECT plan(44);
\ir lib.sql
SELECT test.district('elm') AS elm \gset
SELECT test.district('oak') AS oak \gset
SELECT test.as_daemon($$ SELECT sync.daemon_start('test', '1') $$) AS daemon \gset
SELECT test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 600)', :daemon));
-- The epochs differ, so that each is known by its own.
UPDATE rosterd.lease SET epoch = district_id + 100;
CREATE FUNCTION pg_temp.run(p_daemon bigint, p_district bigint) RETURNS bigint LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL)', p_daemon, p_district, p_district + 100))::bigint $$;
SELECT pg_temp.run(:daemon, :elm) AS elm_run \gset
SELECT pg_temp.run(:daemon, :oak) AS oak_run \gset
SELECT test.as_daemon(format('SELECT sync.slot_take(%s)', :elm_run)) AS elm_slot \gset
SELECT test.as_daemon(format('SELECT sync.slot_take(%s)', :oak_run)) AS oak_slot \gset
CREATE FUNCTION pg_temp.as_worker(p_slot int, p_query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', 'rosterd_stage_' || p_slot, true);
    EXECUTE p_query INTO v_answer;
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;
CREATE FUNCTION pg_temp.opened(p_slot int, p_run bigint, p_epoch bigint) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT pg_temp.as_worker(p_slot, format('SELECT stage.open(%s, %s)', p_run, p_epoch))::jsonb $$;
CREATE FUNCTION pg_temp.closed(p_slot int, p_run bigint, p_epoch bigint, p_files text DEFAULT '{}') RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.as_worker(p_slot, format('SELECT stage.close(%s, %s, ''aa'', %L, ''{}'')', p_run, p_epoch, p_files)) $$;
CREATE FUNCTION pg_temp.header(p_slot int) RETURNS text LANGUAGE sql AS
    $$ SELECT (s.opened_at IS NOT NULL, s.closed_at IS NOT NULL, s.file_sha256, s.files, s.rows, s.planned_at, s.plan_filled, s.plan_mark)::text FROM stage.slot s WHERE s.slot = p_slot $$;
CREATE FUNCTION pg_temp.run_now(p_run bigint) RETURNS text LANGUAGE sql AS
    $$ SELECT r.state || ' ' || (r.staged_at IS NOT NULL) || ' ' || (r.planned_at IS NOT NULL) || ' ' || (r.ended_at IS NOT NULL) FROM rosterd.run r WHERE r.run_id = p_run $$;

-- rule: SAFE-8
SELECT throws_ok(format('SELECT pg_temp.opened(%s, %s, %s)', :elm_slot, :oak_run, :oak + 100), 'RS105',
    format('the slot of rosterd_stage_%s is not leased for run %s', :elm_slot, :oak_run), 'a worker opens the slot of its login');
SELECT throws_ok(format('SELECT pg_temp.opened(%s, %s, %s)', :oak_slot, :elm_run, :oak + 100), 'RS105', NULL, 'for the run that has it');
SELECT throws_ok(format('SELECT pg_temp.opened(%s, %s, %s)', :oak_slot, :oak_run, :elm + 100), 'RS105', NULL, 'of the epoch that has it');
SELECT throws_ok(format('SELECT pg_temp.closed(%s, %s, %s)', :oak_slot, :oak_run, :oak + 100), 'RS105', format('the slot of run %s is not open', :oak_run), 'what is not open is not closed');
UPDATE rosterd.district SET phone_region = 'CA', use_preferred_names = true, file_encoding = 'windows-1252', file_reading = 'strict' WHERE district_id = :oak;
SELECT is(pg_temp.opened(:oak_slot, :oak_run, :oak + 100), '{"phone_region": "CA", "preferred_names": true, "windows_1252": true, "strict": true, "digest": null}', 'it is told how the files of its district are read');
SELECT test.as_daemon(format('SELECT sync.run_file(%s, ''x.zip'', 1, 1, ''aa'')', :oak_run));
SELECT is((SELECT reading FROM rosterd.run WHERE run_id = :oak_run), sync.reader_version() || ' CA windows-1252 strict preferred-names', 'which is noted');
SELECT is(pg_temp.header(:oak_slot), '(t,f,,,,,,)', 'its slot is open');
SELECT is(pg_temp.header(:elm_slot), '(f,f,,,,,,)', 'the other is not');
SELECT is(pg_temp.opened(:elm_slot, :elm_run, :elm + 100), '{"phone_region": "US", "preferred_names": false, "windows_1252": false, "strict": false, "digest": null}', 'the other is told of its own');
SELECT pg_temp.as_worker(:elm_slot, format('INSERT INTO stage.org_%s (line, sourced_id, name, type) VALUES (2, ''e'', ''E'', ''school'') RETURNING 1', :elm_slot));
SELECT pg_temp.as_worker(:oak_slot, format('INSERT INTO stage.org_%s (line, sourced_id, name, type) VALUES (2, ''o'', ''O'', ''school'') RETURNING 1', :oak_slot));
SELECT throws_ok(format('SELECT sync.slot_of_run(%s)', :oak_run), 'RS105', format('the slot of run %s holds no accepted file', :oak_run), 'while it is being filled nothing is planned');
SELECT pg_temp.closed(:oak_slot, :oak_run, :oak + 100);
SELECT is(pg_temp.header(:oak_slot), '(t,t,aa,{},{},,,)', 'closed, its header says what it holds');
SELECT is(pg_temp.header(:elm_slot), '(t,f,,,,,,)', 'the other is open still');
SELECT is((sync.slot_of_run(:oak_run)).slot, :oak_slot::smallint, 'and it is the one to plan in');
SELECT is((sync.slot_of_run(:oak_run)).district_id, :oak::bigint, 'with its district');
SELECT throws_ok(format('SELECT pg_temp.closed(%s, %s, %s)', :oak_slot, :oak_run, :oak + 100), 'RS105', NULL, 'it is closed once');
-- a plan of an earlier attempt
UPDATE stage.slot SET planned_at = now(), plan_filled = '{}', plan_mark = 1 WHERE slot IN (:oak_slot, :elm_slot);
SELECT pg_temp.opened(:oak_slot, :oak_run, :oak + 100);
SELECT is(pg_temp.header(:oak_slot), '(t,f,,,,,,)', 'opened again it is empty');
SELECT is((SELECT string_agg(o.sourced_id, ' ') FROM stage.org o), 'e', 'and so are its tables, not the other''s');
SELECT ok((SELECT planned_at IS NOT NULL AND plan_filled IS NOT NULL AND plan_mark IS NOT NULL FROM stage.slot WHERE slot = :elm_slot), 'whose plan is as it was');
SELECT pg_temp.as_worker(:oak_slot, format('SELECT stage.close(%s, %s, ''aa'', NULL, ''{}'')', :oak_run, :oak + 100));
SELECT throws_ok(format('SELECT sync.slot_of_run(%s)', :oak_run), 'RS105', NULL, 'a rejected file is not planned');
UPDATE rosterd.lease SET epoch = 7 WHERE district_id = :oak;
UPDATE rosterd.lease SET epoch = :oak + 100 WHERE district_id = :elm;
SELECT throws_ok(format('SELECT pg_temp.opened(%s, %s, %s)', :oak_slot, :oak_run, :oak + 100), 'RS101', format('run %s lost its district', :oak_run), 'whose district has moved on stages no more');
SELECT throws_ok(format('SELECT pg_temp.opened(%s, %s, %s)', :elm_slot, :elm_run, :elm + 100), 'RS101', NULL, 'whoever else has that epoch');
UPDATE rosterd.lease SET epoch = district_id + 100;

-- the steps of a run are its own
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''applying'')', :elm_run));
SELECT is(pg_temp.run_now(:elm_run), 'applying false false false', 'a step that was left out has no time');
SELECT is(pg_temp.run_now(:oak_run), 'staging false false false', 'the other run is where it was');
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''applying'')', :oak_run));
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''staging'')', :oak_run));
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''fetching'')', :oak_run));
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''planning'')', :oak_run));
SELECT is(pg_temp.run_now(:oak_run), 'planning false false false', 'nor has one that did not follow the step before it');
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''fetching'')', :oak_run));
SELECT is(pg_temp.run_now(:oak_run), 'fetching false false false', 'or was no end of it');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_state(%s, NULL)') $$, :oak_run), 'RS105', 'NULL is no state of a run under way', 'no state is none');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_state(%s, ''done'')') $$, :oak_run), 'RS105', 'done is no state of a run under way', 'an end neither');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_end(%s, NULL, NULL, NULL, NULL)') $$, :oak_run), 'RS105', 'NULL is no state a run ends in', 'a run ends as something');
SELECT throws_ok(format($$ SELECT test.as_daemon('SELECT sync.run_end(%s, ''staging'', NULL, NULL, NULL)') $$, :oak_run), 'RS105', 'staging is no state a run ends in', 'not in a step');
SELECT test.as_daemon(format('SELECT sync.run_end(%s, ''failed'', ''db.query'', ''a detail'', ''ops'')', :oak_run));
SELECT is((SELECT concat_ws(' ', state, reason, detail, owner, ended_at IS NOT NULL) FROM rosterd.run WHERE run_id = :oak_run), 'failed db.query a detail ops t', 'a run ends with why');
SELECT is(pg_temp.run_now(:elm_run), 'applying false false false', 'and alone');
SELECT is((SELECT string_agg(s.run_id::text, ' ') FROM stage.slot s WHERE s.run_id IS NOT NULL), :'elm_run', 'only its slot is free');

-- a run for the rules only
SELECT pg_temp.run(:daemon, :oak) AS rules_run \gset
SELECT is((sync.slot_of_run(:rules_run)).run_id, :rules_run::bigint, 'who has staged nothing gets a slot for the plan');
SELECT is(pg_temp.run_now(:rules_run), 'planning true false false', 'and is planning');
SELECT test.as_daemon(format('SELECT sync.run_end(%s, ''failed'', NULL, NULL, NULL)', :rules_run));
UPDATE stage.slot SET run_id = -slot - 1, district_id = :elm, epoch = 1 WHERE run_id IS NULL;
SELECT pg_temp.run(:daemon, :oak) AS late_run \gset
SELECT throws_ok(format('SELECT sync.slot_of_run(%s)', :late_run), 'RS103', 'every slot is taken', 'if there is one');

-- what a large district leaves in its slot
SELECT test.as_daemon(format('SELECT sync.slot_free(%s)', :elm_run));
INSERT INTO stage.gone (slot, line, kind, sourced_id) SELECT s.slot, n, 'person', repeat('x', 200) FROM stage.slot s, generate_series(1, 6000) n;
INSERT INTO sync.plan_school (slot, op, school_id, sourced_id, name, archived) SELECT s.slot, 'add', n, 's' || n, 'School', false FROM stage.slot s, generate_series(1, 6000) n;
INSERT INTO stage.bad (slot, line, kind) SELECT s.slot, n, 'person' FROM stage.slot s, generate_series(1, 100) n;
CREATE FUNCTION pg_temp.kept() RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(s.slot::text, ' ' ORDER BY s.slot) FROM stage.slot s WHERE (SELECT count(*) FROM stage.gone g WHERE g.slot = s.slot) = 6000 $$;
SELECT isnt(pg_temp.kept(), NULL, 'rows lie in the leaves');
SELECT lives_ok($$ SELECT test.as_daemon('SELECT sync.slot_shrink()') $$, 'the daemon has them emptied');
SELECT is(pg_temp.kept(), (SELECT string_agg(s.slot::text, ' ' ORDER BY s.slot) FROM stage.slot s WHERE s.run_id IS NOT NULL), 'but not in a slot that a run has');
SELECT is((SELECT string_agg(DISTINCT s.slot::text, ' ') FROM sync.plan_school p JOIN stage.slot s USING (slot) WHERE s.run_id IS NULL), NULL, 'a plan''s leaves as well');
SELECT is((SELECT count(*) FROM stage.bad), 100 * (SELECT count(*) FROM stage.slot), 'nor small ones, which the next run empties row by row');

-- on behalf of the control socket
SELECT test.as_daemon($$ SELECT sync.set_pause('oak', '2999-01-01', 'maintenance', 'uid:1000') $$);
SELECT is((SELECT string_agg(concat_ws(' ', slug, paused_until::date, pause_reason), ', ' ORDER BY slug) FROM rosterd.district), 'elm, oak 2999-01-01 maintenance', 'one district is paused');
SELECT is((SELECT changed_by FROM rosterd.config_change ORDER BY change_id DESC LIMIT 1), 'uid:1000', 'by who asked');
-- rule: SAFE-7
SELECT lives_ok($$ SELECT sync.slot_check(0::smallint, '{"person": "2", "finding": "1"}', '{"person": "2", "finding": "3"}') $$, 'the plan may have findings to add');
SELECT throws_ok($$ SELECT sync.slot_check(0::smallint, '{"person": "2", "finding": "1"}', '{"finding": "1"}') $$, 'RS104', NULL, 'but a slot holds each row that its header counts');
SELECT * FROM finish();
ROLLBACK;
