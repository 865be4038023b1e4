-- Too much coming in; what a held run shows; approving, refusing, replacing it.
BEGIN;
\ir lib.sql
SELECT plan(97);
CREATE FUNCTION test.state(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT state FROM rosterd.run WHERE run_id = p_run $$;
CREATE FUNCTION test.over() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(k ->> 'kind' || coalesce('@' || (k ->> 'school'), ''), ' ' ORDER BY n), '')
    FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') WITH ORDINALITY AS x (k, n)
    WHERE r.run_id = (SELECT max(run_id) FROM rosterd.run) AND k ->> 'over' IS NOT NULL $$;
CREATE FUNCTION test.family(p_from integer, p_to integer, p_school text DEFAULT 's1', p_name text DEFAULT 'Pine') RETURNS void LANGUAGE sql AS $$
    SELECT count(test.student('p' || n, 'P' || n, p_name, schools => ARRAY[p_school])),
           count(test.guardian('g' || n, 'G' || n, p_name, ARRAY['p' || n], email => 'g' || n || '@example.org'))
    FROM generate_series(p_from, p_to) n $$;
CREATE FUNCTION test.leave(p_from integer, p_to integer) RETURNS void LANGUAGE sql AS $$
    SELECT count(test.drop_person('p' || n)), count(test.drop_person('g' || n)) FROM generate_series(p_from, p_to) n $$;
-- what a run is told to do with the file that another one had
CREATE FUNCTION test.file_of(p_run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint := test.begin_run(p_file => false);
BEGIN
    RETURN test.as_daemon(format('SELECT sync.run_file(%s, ''roster.zip'', 1, 1, %L)', v_run, (SELECT file_sha256 FROM rosterd.run WHERE run_id = p_run)));
END $$;
CREATE FUNCTION test.pupils() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM directory.role WHERE district_id = test.d() AND role = 'student' AND state = 'active' $$;
-- a function, so that it is counted after the night beside it and not before
CREATE FUNCTION test.withheld() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM sis.person WHERE loss_withheld $$;
CREATE FUNCTION test.open() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(h.run_id || ' ' || h.withholds || coalesce(' ' || h.decision, ''), ','), '') FROM rosterd.hold h WHERE h.closed_at IS NULL $$;

SELECT test.district();
SELECT test.setting('on_limit', 'hold-removals');
SELECT test.org('s2', 'School 2');
SELECT test.family(1, 120), test.family(201, 400, 's2');
SELECT test.night() AS first_run \gset
SELECT is(test.state(:first_run) || test.pupils(), 'done320', 'a first run may bring in what it wants');
SAVEPOINT start;

-- rule: SAFE-9
SELECT test.family(121, 150);
SELECT is(test.state(test.night()), 'done', 'a quarter of a school''s 120 students may be new');
ROLLBACK TO start;
SELECT test.family(121, 151);
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || ' ' || test.over(), 'held students@School 1 guardians@School 1 guardianships@School 1', 'one more not');
SELECT is(test.pupils(), 320::bigint, 'nothing is applied, though removals alone would wait alone');
SELECT is((SELECT count(*) FROM directory.invitation WHERE created_by_run > :first_run), 0::bigint, 'nobody is invited');
SELECT is((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.additions_over_limit', 'for that reason');
SELECT rosterd.approve(:run, 'a new wing', 'additions');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'done351', 'approved they come');
ROLLBACK TO start;
SELECT test.org('s3', 'School 3'), test.family(501, 520, 's3');
SELECT is(test.state(test.night()), 'done', '20 always may');
ROLLBACK TO start;
SELECT test.family(121, 150), test.family(401, 450, 's2');
SELECT is(test.state(test.night()), 'done', '80 of the district''s 320');
ROLLBACK TO start;
SELECT test.family(121, 150), test.family(401, 450, 's2'), test.org('s3', 'School 3'), test.family(501, 501, 's3');
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held students guardians guardianships', '81 not, though no school gets too many');
ROLLBACK TO start;
SELECT test.setting('change_limit_percent', '30'), test.family(121, 151);
SELECT is(test.state(test.night()), 'done', 'the limit is a setting');
ROLLBACK TO start;
SELECT test.family(1, 30, p_name => 'Oak');
SELECT is(test.state(test.night()), 'done', '60 of 240 invitees of a school may change their names');
ROLLBACK TO start;
SELECT test.family(1, 30, p_name => 'Oak'), test.student('p31', 'P31', 'Oak');
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held invitees@School 1', 'one more not');
ROLLBACK TO start;
-- a column shifted by one row
UPDATE test.sis_person SET email = 'g' || (substr(id, 2)::integer + 1) || '@example.org' WHERE id ~ '^g';
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held invitees invitees@School 1 invitees@School 2', 'credentials shifted by a row');
SELECT is(test.credentials('g7'), 'g7@example.org', 'stay whose they were');
ROLLBACK TO start;
UPDATE test.sis_person SET agents = ARRAY['p' || (substr(id, 2)::integer + 1)] WHERE id ~ '^g';
SELECT is(test.state(test.night()), 'held', 'children shifted by a row');
SELECT is(test.guardians('p7'), 'g7', 'are shown to nobody else');
ROLLBACK TO start;
-- who leaves is no invitee who changes
SELECT test.leave(1, 119);
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || ' ' || (SELECT withholds FROM rosterd.hold WHERE run_id = :run), 'held removals', 'who leaves is not counted as changed');
ROLLBACK TO start;

-- rule: SAFE-4
UPDATE directory.person SET status = 'active' WHERE person_id IN (SELECT test.person('g' || n) FROM generate_series(1, 20) n UNION SELECT test.person('g' || n) FROM generate_series(201, 203) n);
SELECT test.leave(1, 25), test.leave(201, 209);
SELECT test.night() AS run \gset
SELECT results_eq(format('SELECT unnest(would) FROM rosterd.holds WHERE run_id = %s', :run),
    $$VALUES ('34 students would leave, 25 of them at School 1'), ('23 active guardians would lose their last child, 20 of them at School 1'),
             ('11 invited guardians would lose their last child, 6 of them at School 2')$$, 'it is shown in people');
SELECT is((SELECT detail FROM rosterd.run WHERE run_id = :run), '34 students would leave, 25 of them at School 1', 'the first sentence goes with the run');
SELECT results_eq(format('SELECT school, in_use, in_file, lost, removal_limit, added, over FROM rosterd.hold_details WHERE run_id = %s AND kind = ''students''', :run),
    $$VALUES ('(whole district)', 320::bigint, 286::bigint, 34::bigint, 32::bigint, 0::bigint, 'removals'), ('School 1', 120, 95, 25, 20, 0, 'removals'),
             ('School 2', 200, 191, 9, 20, 0, NULL)$$, 'and in numbers: in use and in the file');
SELECT results_eq(format('SELECT school, in_use, in_file FROM rosterd.hold_details WHERE run_id = %s AND kind = ''guardianships''', :run),
    $$VALUES ('(whole district)', 320::bigint, 286::bigint)$$, 'relationships of who left did not end');
SELECT is((SELECT count(*) FROM rosterd.hold h WHERE h.shown::text ~ 'Pine|[pg][0-9]'), 0::bigint, 'without anybody''s name or id');
SELECT is((SELECT reason || ' ' || owner FROM rosterd.run WHERE run_id = :run), 'plan.removals_withheld csm', 'a CSM decides');
SAVEPOINT held;
SELECT throws_ok(format('SELECT rosterd.approve(%s, '' '')', :run), '23514', NULL, 'a decision needs a reason');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', ''some'')', :run), '23514', '''some'' cannot be approved', 'and must be one there is');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', ''mapping'')', :run), 'RS010', format('run %s found nobody renumbered, so there is no mapping to approve', :run), 'no mapping where none was offered');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', ''additions'')', :run), 'RS010', format('the additions of run %s have been applied; only its removals wait', :run), 'no additions where they are applied');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :first_run), 'RS010', format('run %s is not held', :first_run), 'a run that is not held cannot be approved');
SELECT throws_ok(format('SELECT rosterd.refuse(%s, ''x'')', :first_run), 'RS010', NULL, 'nor refused');
SELECT throws_ok(format('SELECT rosterd.%s(-1, ''x'')', verb), 'RS008', 'there is no run -1', verb || ': nor one that is not there') FROM unnest('{approve,refuse}'::text[]) verb;
SELECT test.setting('sync_enabled', 'false');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', 'the sync of oak is off, so nothing can be carried out', 'nor anything while the sync is off');
SELECT is(rosterd.refuse(:run, 'x'), format('run %s is refused: what it would take away stays; the district''s next file is judged anew', :run), 'but it can be refused');
ROLLBACK TO held;
UPDATE rosterd.district SET paused_until = now() + interval '1 day', pause_reason = 'x';
SELECT throws_like(format('SELECT rosterd.approve(%s, ''x'')', :run), 'the sync of oak is paused%, so nothing can be carried out', 'or paused');
SELECT lives_ok(format('SELECT rosterd.refuse(%s, ''x'')', :run), 'but it can be refused');
ROLLBACK TO held;
SELECT test.setting('preview_only', 'true');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', 'the runs of oak only preview, so nothing can be carried out', 'or runs only preview');
SELECT lives_ok(format('SELECT rosterd.refuse(%s, ''x'')', :run), 'refused it can be then, too');
ROLLBACK TO held;
SELECT rosterd.approve(:run, 'x');
SELECT test.setting('preview_only', 'true');
SELECT is((SELECT count(approved_run) FROM test.now_at n, sync.read_districts(n.daemon_id)), 0::bigint, 'an approval waits while runs only preview');
ROLLBACK TO held;
SET LOCAL ROLE rosterd_csm;
SELECT lives_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'CSMs decide');
ROLLBACK TO held;
SET LOCAL ROLE rosterd_app;
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), '42501', NULL, 'the app does not');
ROLLBACK TO held;
SELECT rosterd.approve(:run, 'they moved away ', 'all', 'uid:7');
SELECT is((SELECT concat_ws(' ', decision, what, decided_by, decided_at IS NOT NULL, reason) FROM rosterd.hold WHERE run_id = :run),
          'approved all uid:7 t they moved away', 'who decided what, when and why is kept');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', format('run %s was approved by uid:7 already', :run), 'once');
SELECT is((SELECT count(*) FROM rosterd.holds WHERE decided ~ 'approved'), 1::bigint, 'it is shown as approved until it is carried out');
SELECT test.carry_out() AS done_by \gset
SELECT is(test.state(:done_by) || test.pupils() || test.open(), 'done286', 'it is carried out by a run of the same file');
SELECT is(test.state(:run) || (SELECT closed_by_run FROM rosterd.hold WHERE run_id = :run), 'superseded' || :done_by, 'which closes it');
SELECT is((SELECT count(*) FROM sync.shown) + (SELECT count(*) FROM sis.person WHERE loss_withheld), 0::bigint, 'and nothing of it is left');
SELECT is((SELECT min(rule) FROM audit.change WHERE run_id = :done_by AND relation = 'directory.role'), 'ABN-S2', 'the change is audited as any other');
ROLLBACK TO held;
SELECT test.as_daemon(format('SELECT sync.approve_run(%s, ''x'', ''all'', ''uid:9'')', :run));
SELECT is((SELECT decided_by FROM rosterd.hold WHERE run_id = :run), 'uid:9', 'the daemon passes on who asked it');
SELECT rosterd.refuse(:run, 'no, wait');
SELECT is(test.state(:run) || test.open(), 'refused', 'an approval can be taken back before it is carried out');
ROLLBACK TO held;
SET LOCAL SESSION AUTHORIZATION rosterd_ops;
SELECT throws_ok(format('SELECT sync.approve_run(%s, ''x'', ''all'', ''uid:9'')', :run), '42501', NULL, 'nobody else signs for others');
ROLLBACK TO held;
SELECT rosterd.refuse(:run, 'export was cut short');
SELECT is(test.state(:run) || test.pupils() || test.open(), 'refused320', 'refused: they stay');
SELECT is((SELECT last_sha256 FROM test.now_at n, sync.read_districts(n.daemon_id)), (SELECT file_sha256 FROM rosterd.run WHERE run_id = :run), 'and the file is not looked at again');
SELECT is(test.state(test.night()), 'held', 'a newer one like it is held again');
ROLLBACK TO held;
-- fewer is fine, other or more is not
SELECT test.family(1, 3);
SELECT rosterd.approve(:run, 'x');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'done289', 'fewer than was shown is fine');
ROLLBACK TO held;
SELECT test.leave(210, 210), rosterd.approve(:run, 'x');
SELECT test.carry_out() AS again \gset
SELECT is(test.state(:again) || ' ' || test.pupils(), 'held 320', 'more is held again');
SELECT is(test.open(), :again || ' removals', 'in place of the one that was approved');
ROLLBACK TO held;
SELECT test.family(1, 1), test.leave(210, 210), rosterd.approve(:run, 'x');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'held320', 'so is as much of others');
ROLLBACK TO held;
-- replaced
UPDATE rosterd.hold SET since = now() - interval '3 days';
SELECT test.leave(210, 210);
SELECT test.night() AS newer \gset
SELECT is(test.open(), :newer || ' removals', 'a newer file that is held replaces it');
SELECT is((SELECT since < now() - interval '2 days' FROM rosterd.hold WHERE run_id = :newer), true, 'since when it is held stays');
SELECT is(test.state(:run), 'superseded', 'the older run says so');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', NULL, 'and cannot be approved any more');
SELECT is((SELECT count(*) FROM sync.shown WHERE run_id = :run), 0::bigint, 'what it showed is forgotten');
ROLLBACK TO held;
SELECT test.begin_run() AS broken \gset
UPDATE stage.slot SET files = NULL WHERE run_id = :broken;
SELECT test.as_daemon(format('SELECT sync.run_end(%s, ''rejected'', ''roster.csv'', NULL, ''district'')', :broken));
SELECT is(test.open(), :run || ' removals', 'a rejected file replaces nothing');
SELECT test.as_daemon(format('SELECT sync.run_end(%s, ''failed'', ''slot.lost'', NULL, ''nobody'')', test.begin_run()));
SELECT is(test.open(), :run || ' removals', 'nor does a run that broke');
SELECT is((SELECT health FROM rosterd.district_state), 'held', 'the district is held all the while');
ROLLBACK TO held;
SELECT test.setting('preview_only', 'true');
SELECT is(test.state(test.night()) || test.open(), 'previewed' || :run || ' removals', 'nor does a preview');
ROLLBACK TO held;
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('p5'));
SELECT is(test.state(test.night(p_file => false)) || test.open(), 'done' || :run || ' removals', 'nor do the rules on their own');
ROLLBACK TO start;

-- held as a whole
SELECT test.setting('on_limit', 'hold-all');
SELECT test.night() AS applied \gset
SELECT test.family(121, 121), test.leave(1, 25), test.drop_person('g300');
SELECT test.night() AS run \gset
SAVEPOINT whole;
SELECT is((SELECT waits FROM rosterd.holds), 'everything', 'all of it waits');
SELECT is((SELECT concat_ws(' ', held_run, held_sha256 IS NOT NULL, held_since IS NOT NULL, approved_run, approved_sha256) FROM test.now_at n, sync.read_districts(n.daemon_id)),
          :run || ' t t', 'the daemon sees what is held');
SELECT rosterd.approve(:run, 'x');
SELECT is((SELECT concat_ws(' ', approved_run, approved_file_name, approved_file_size, approved_file_mtime, approved_sha256 = held_sha256)
           FROM test.now_at n, sync.read_districts(n.daemon_id)), :run || ' roster.zip 1 1 t', 'and what is approved');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'done296', 'approved, all of it is applied');
ROLLBACK TO whole;
SELECT rosterd.approve(:run, 'x', 'additions');
SELECT test.carry_out() AS part \gset
SELECT is(test.state(:part) || test.pupils() || test.guardians('p300'), 'held321', 'only the additions: the removals over the limit wait, the others are applied');
SELECT is(test.open() || ', ' || (SELECT waits FROM rosterd.holds), :part || ' removals, the removals over the limit', 'as a hold of their own');
SELECT rosterd.approve(:part, 'x');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'done296', 'that can be approved too');
ROLLBACK TO whole;
SELECT test.family(401, 490, 's2');
SELECT test.night() AS both \gset
SELECT rosterd.approve(:both, 'x', 'additions');
SELECT test.carry_out() AS part \gset
SELECT is(test.state(:part) || test.pupils() || test.guardians('p300'), 'held411', 'also where too many of what they are come at once');
ROLLBACK TO whole;
SELECT rosterd.approve(:run, 'x');
SELECT test.family(122, 122);
SELECT is(test.state(test.carry_out()) || test.pupils(), 'held320', 'an addition that was not shown is held again');
ROLLBACK TO whole;
SELECT rosterd.approve(:run, 'x');
SELECT test.night() AS newer \gset
SELECT is(test.open() || test.pupils(), :newer || ' all320', 'an approval is for its file only');
ROLLBACK TO whole;
-- the district puts the file back that is in use
SELECT is(test.file_of(:applied), 'unchanged', 'the file in use again');
SELECT is(test.open() || test.state(:run), 'superseded', 'replaces the hold');
ROLLBACK TO whole;
SELECT is(test.file_of(:run), 'stage', 'a held file has not been applied');
ROLLBACK TO start;
SELECT test.leave(1, 25);
SELECT test.night() AS run \gset
SELECT is(test.file_of(:run), 'stage', 'nor has one that waits in part');
ROLLBACK TO start;

-- a delta on top of what waits
SELECT test.leave(1, 25);
SELECT test.night();
SELECT test.delta('users.csv', 'enrollments.csv');
SELECT test.student('p400', 'P400', 'Oak', schools => '{s2}');
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || test.pupils(), 'held320', 'what waits in part is asked again by a delta');
SELECT is((SELECT family_name FROM directory.person WHERE person_id = test.person('p400')), 'Oak', 'which is applied');
SELECT rosterd.approve(:run, 'x');
SELECT is(test.state(test.carry_out()) || test.pupils(), 'done295', 'and approved with it');
ROLLBACK TO start;
SELECT test.leave(1, 25);
SELECT test.night();
SELECT test.delta('users.csv'), test.family(1, 25);
SELECT is(test.state(test.night()) || test.withheld(), 'done0', 'or it says that they are there');
ROLLBACK TO start;
SELECT test.leave(1, 25);
SELECT test.night();
INSERT INTO test.sis_absent VALUES (test.d(), 'users.csv');
SELECT is(test.state(test.night()) || test.withheld(), 'done50', 'an absent file says nothing of them');
ROLLBACK TO start;
SELECT test.setting('on_limit', 'hold-all'), test.leave(1, 25);
SELECT test.night() AS held \gset
SELECT test.delta('users.csv');
SELECT test.begin_run() AS run \gset
SELECT throws_ok(format('SELECT sync.plan(%s)', :run), 'RS102', NULL, 'on top of a file that waits as a whole, a delta waits too');
SELECT is(test.open(), :held || ' all', 'and does not take its place');
ROLLBACK TO start;

-- an act by hand between plan and apply
SELECT test.leave(1, 20);
SELECT test.begin_run() AS run \gset
SELECT test.plan(:run);
UPDATE directory.role SET state = 'archived' WHERE person_id IN (SELECT test.person('p' || n) FROM generate_series(21, 119) n);
UPDATE directory.role SET claim_manual = true, claim_sis = false WHERE person_id IN (SELECT test.person('p' || n) FROM generate_series(21, 119) n);
INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', test.person('p' || n) FROM generate_series(1, 20) n;
SELECT test.setting('on_limit', 'hold-removals');
SELECT lives_ok(format('SELECT test.apply(%s)', :run), 'the guard looks again when something was done by hand');
ROLLBACK TO start;
SELECT test.setting('on_limit', 'hold-all'), test.setting('removal_limit_min', '0'), test.setting('removal_limit_percent', '17');
SELECT test.leave(1, 20);
SELECT test.begin_run() AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'apply', 'within the limits when planned');
UPDATE directory.role SET state = 'archived', claim_manual = true, claim_sis = false WHERE person_id IN (SELECT test.person('p' || n) FROM generate_series(21, 40) n);
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('p21'));
SELECT throws_ok(format('SELECT sync.apply(%s)', :run), 'RS104', NULL, 'not any more when applied: it is planned again');
ROLLBACK TO start;

-- rule: SAFE-6
SELECT test.setting('preview_only', 'true');
SELECT test.leave(1, 25);
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || test.pupils() || test.open(), 'previewed320', 'a preview applies and holds nothing');
SELECT is((SELECT shown -> 'words' ->> 0 FROM rosterd.run WHERE run_id = :run), '25 students would leave, at School 1', 'and shows the same as a held run would');
SELECT is(test.over(), 'students@School 1 guardians@School 1', 'in numbers too');
SELECT is((SELECT lost FROM rosterd.hold_details WHERE run_id = :run AND kind = 'students' AND school = 'School 1'), 25::bigint, 'for people to read');
ROLLBACK TO start;
SELECT test.setting('preview_only', 'true');
SELECT test.family(121, 121);
SELECT test.night() AS run \gset
SELECT results_eq(format('SELECT school, in_use, in_file, added FROM rosterd.hold_details WHERE run_id = %s AND kind = ''students''', :run),
    $$VALUES ('(whole district)', 320::bigint, 321::bigint, 1::bigint), ('School 1', 120, 121, 1)$$, 'also where nothing is over');
SELECT * FROM finish();
ROLLBACK;
