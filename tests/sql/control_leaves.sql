-- Each run works in the leaves of its own slot. One that locked another's, if only to read nothing in it, would wait until
-- a large district's plan is over, or for each other: emptying a leaf takes it exclusively until its transaction ends.
-- The planner leaves the other leaves alone where it knows the slot when it makes the plan. It does in PL/pgSQL, but not in
-- functions in SQL; and not where a constant makes the whole condition false, for then the slot is forgotten too.
-- So nights of all kinds, to come through as many statements as there are.
BEGIN;
\ir lib.sql
SELECT plan(23);

CREATE FUNCTION test.foreign_leaves(p_slot smallint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT c.oid::regclass::text, ' ')
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind = 'r' AND c.relname !~ ('_' || p_slot || '$')
$$;
-- What the steps since the last look have locked.
CREATE TABLE test.locked (step text, leaves text);
CREATE FUNCTION test.looked() RETURNS text LANGUAGE sql AS $$ SELECT coalesce(string_agg(concat_ws(': ', l.step, l.leaves), '; '), 'nothing ran') FROM test.locked l $$;
ALTER FUNCTION test.plan(bigint) RENAME TO plan_alone;
ALTER FUNCTION test.apply(bigint) RENAME TO apply_alone;
CREATE FUNCTION test.plan(p_run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_slot smallint := (SELECT s.slot FROM stage.slot s WHERE s.run_id = p_run);
    v_plan jsonb := test.plan_alone(p_run);
BEGIN
    INSERT INTO test.locked VALUES (v_plan ->> 'verdict', test.foreign_leaves(v_slot));
    RETURN v_plan;
END $$;
CREATE FUNCTION test.apply(p_run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_slot smallint := (SELECT s.slot FROM stage.slot s WHERE s.run_id = p_run);
    v_counts jsonb := test.apply_alone(p_run);
BEGIN
    INSERT INTO test.locked VALUES ('done', test.foreign_leaves(v_slot));
    RETURN v_counts;
END $$;
-- A night that goes this way locks nothing of others.
CREATE FUNCTION test.goes(p_way text, p_words text, p_file boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM test.locked;
    PERFORM test.night(p_file => p_file);
    RETURN is(test.looked(), p_way, p_words);
END $$;
CREATE FUNCTION test.goes_approved(p_what text, p_way text, p_words text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM test.locked;
    PERFORM rosterd.approve((SELECT max(run_id) FROM rosterd.run WHERE district_id = test.d()), 'seen', p_what);
    PERFORM test.carry_out();
    RETURN is(test.looked(), p_way, p_words);
END $$;

SELECT is((SELECT string_agg(p.oid::regproc::text, ' ') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
           WHERE l.lanname = 'sql' AND p.proname <> 'slot_tables' -- it has their names only
             AND EXISTS (SELECT FROM pg_partitioned_table t JOIN pg_class c ON c.oid = t.partrelid
                         WHERE p.prosrc ~ (c.relnamespace::regnamespace || '\.' || c.relname || '\M'))),
          NULL, 'no function in SQL reads or writes the tables of the slots');

-- rule: SAFE-8
SELECT test.district();
SELECT test.org('s2', 'School 2'), test.org('s3', 'School 3'), test.session('y', '2020-01-01', '2099-01-01'), test.session('z', '2020-01-01', '2099-01-01');
SELECT test.class('c1', 'Class 1', terms => '{y}'), test.class('c2', 'Class 2', 's2', '{z}'), test.class('c3', 'Class 3', 's3');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org'), test.teacher('tim', 'Tim', 'Teak', 'tim@example.org'),
       test.user('max', '{teacher,guardian}', 'Max', 'Cedar', email => 'max@example.org'), test.user('lea', '{principal}', 'Lea', 'Der', email => 'lea@example.org');
SELECT test.student(n, initcap(n), 'Ash', email => n || '@example.org'), test.enroll('c1', n) FROM unnest('{ann,bob,cyd,dot}'::text[]) n;
SELECT test.student(n, initcap(n), 'Birch', schools => '{s2}'), test.enroll('c2', n) FROM unnest('{eve,fay,gil}'::text[]) n;
SELECT test.student('zoe', 'Zoe', 'Zeder', schools => '{s3}'), test.enroll('c3', 'zoe'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c2', 'tim', 'teacher'), test.enroll('c9', 'bob');
SELECT test.guardian('gia', 'Gia', 'Ash', '{ann,bob}', email => 'gia@example.org', sms => '+12125550101'), test.guardian('gus', 'Gus', 'Ash', '{ann,nobody}'),
       test.guardian('hal', 'Hal', 'Birch', '{eve}', email => 'hal@example.org'), test.guardian('ida', 'Ida', 'Birch', '{fay}', email => 'hal@example.org'),
       test.guardian('ivy', 'Ivy', 'Birch', '{gil}', email => 'ivy@example.org'), test.guardian('iv2', 'Ivy', 'Birch', '{fay}', email => 'ivy@example.org'),
       test.guardian('zac', 'Zac', 'Zeder', '{zoe}', email => 'zac@example.org');
INSERT INTO test.sis_digest VALUES (test.d(), true);
SELECT test.goes('apply; done', 'a first sync');
SELECT test.accept('gia'), test.accept('tea');

-- everything of it changes, some rows cannot be used
UPDATE rosterd.district SET removal_limit_min = 100, change_limit_percent = 100, update_active_users = true, merge_duplicate_guardians = true WHERE district_id = test.d();
SELECT test.org('s2', 'School two'), test.session('y', '2020-02-01', '2099-01-01'), test.class('c1', 'Class one', terms => '{y}'), test.class('c4', 'Class 4', 's2', '{y}');
SELECT test.student('bob', 'Bobby', 'Ash', 'bob@example.org', '{s2}'), test.student('hew', 'Hew', 'Holly'), test.enroll('c4', 'hew'), test.enroll('c1', 'ann', begin_date => '2020-02-02'),
       test.drop_enroll('c2', 'gil'), test.drop_person('cyd'), test.drop_person('max'), test.guardian('gia', 'Gia', 'Ash', '{ann}', email => 'new@example.org'),
       test.guardian('hal', 'Harry', 'Birch', '{eve,gil}', email => 'hal@example.org', invalid => 'sms'), test.guardian('joy', 'Joy', 'Holly', '{hew}', email => 'joy@example.org'),
       test.drop_org('s3'), test.drop_class('c3'), test.drop_person('zoe'), test.drop_person('zac'), test.enroll('c2', 'fay', end_date => '2020-01-01');
SELECT test.bad('person', 'dot'), test.bad('enrollment', 'c1/tea'), test.bad('org', 's2'), test.bad('class', 'c2'), test.bad('session', 'z'), test.bad('person', NULL), test.bad('link', 'x');
SELECT test.goes('whole; apply; done', 'a night with rows that cannot be used, by way of a digest');
SELECT test.goes('apply; done', 'one of the rules alone', false);
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.goes('apply; done', 'the whole district judged again', false);
DELETE FROM test.sis_bad;
INSERT INTO test.sis_absent VALUES (test.d(), 'enrollments.csv');
SELECT test.goes('apply; done', 'a file that is not there');
DELETE FROM test.sis_absent;

-- people who come back, and a family that leaves under EXTREME
SELECT test.org('s3', 'School 3'), test.class('c3', 'Class 3', 's3'), test.student('zoe', 'Zoe', 'Zeder', schools => '{s3}'), test.enroll('c3', 'zoe'), test.student('cyd', 'Cyd', 'Ash');
SELECT test.setting('abandonment', 'extreme'), test.setting('merge_duplicate_guardians', 'false'), test.drop_person('hew'), test.drop_person('joy'), test.drop_class('c4');
SELECT test.goes('apply; done', 'people come back, others leave for good');

-- what is pinned, or put back by an undo, stays
SELECT count(*) FROM rosterd.undo((SELECT max(run_id) FROM rosterd.run WHERE district_id = test.d()), false);
SELECT test.goes('apply; done', 'the night after an undo');
SELECT rosterd.pin(test.d(), 'person', test.person('ann'), 'seen'), rosterd.pin(test.d(), 'person', test.person('gia'), 'seen'), rosterd.pin(test.d(), 'classroom', test.classroom('c1'), 'seen');
SELECT test.student('hew', 'Hugh', 'Holly'), test.drop_person('ann'), test.drop_person('gia'), test.drop_class('c1');
SELECT test.goes('apply; done', 'the SIS has something new of one, and is without others who are pinned');

-- too much goes
UPDATE rosterd.district SET removal_limit_min = 0, removal_limit_percent = 1, on_limit = 'hold-removals' WHERE district_id = test.d();
SELECT test.drop_person(n) FROM unnest('{eve,ivy,iv2,tim}'::text[]) n;
SELECT test.drop_class('c2'), test.drop_org('s3'), test.guardian('ida', 'Ida', 'Birch', '{}', email => 'ida@example.org');
SELECT test.goes('whole; apply; done', 'losses are held, the rest is applied');
SELECT test.goes_approved('all', 'apply; done', 'they are approved');
UPDATE rosterd.district SET on_limit = 'hold-all', removal_limit_min = 1 WHERE district_id = test.d();
SELECT test.drop_person('dot'), test.drop_person('fay'), test.student('kim', 'Kim', 'Koa'), test.guardian('kay', 'Kay', 'Koa', '{kim}', email => 'kay@example.org');
SELECT test.goes('whole; held', 'all is held');
SELECT test.goes_approved('additions', 'apply; done', 'the additions are approved');

-- too much comes
UPDATE rosterd.district SET removal_limit_min = 100, change_limit_percent = 1 WHERE district_id = test.d();
SELECT test.student('n' || n, 'N' || n, 'Nutmeg'), test.guardian('m' || n, 'M' || n, 'Nutmeg', ARRAY['n' || n], email => 'm' || n || '@example.org') FROM generate_series(1, 25) n;
SELECT test.goes('held', 'too much comes');
SELECT test.goes_approved('all', 'apply; done', 'and is approved');
-- new ids
UPDATE rosterd.district SET removal_limit_min = 1, on_limit = 'hold-removals' WHERE district_id = test.d();
UPDATE test.sis_person SET agents = ARRAY(SELECT CASE WHEN a ~ '^n' THEN 'x' || a ELSE a END FROM unnest(agents) a);
UPDATE test.sis_person SET id = 'x' || id WHERE id ~ '^[nm]\d';
SELECT test.goes('whole; held', 'people under new ids');
SELECT test.goes_approved('mapping', 'apply; done', 'their mapping is approved');

-- losses that are in no record of the file, and acts by hand between the plan and its end
SELECT test.guardian('q' || n, 'Q' || n, 'Nutmeg', ARRAY['xn' || n], phone => '+1212555020' || n) FROM generate_series(1, 4) n;
SELECT test.goes('apply; done', 'guardians with a phone alone');
SELECT test.setting('phone_is_credential', 'false'), test.drop_person('q4');
SELECT test.goes('whole; held', 'losses that leaving records out does not help');
SELECT test.setting('phone_is_credential', 'true'), test.drop_person('q3');
DELETE FROM test.locked;
SELECT test.begin_run() AS run \gset
SELECT test.plan_whole(:run, test.plan(:run), test.d());
SELECT rosterd.pin(test.d(), 'person', test.person('q3'), 'seen');
SELECT test.apply(:run);
SELECT is(test.looked(), 'apply; done', 'losses are held, and one who is lost is pinned before the rest is applied');

-- who was made by hand while the sync was off, and who keeps their last address
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@leader.example') AS leader \gset
SELECT test.setting('sync_enabled', 'false');
SELECT api.add_guardian(test.d(), :leader, api.create_student(test.d(), :leader, test.school('s1'), 'Mia', 'Maple'), 'Mo', 'Maple', 'mo@example.org', NULL, NULL);
SELECT test.setting('sync_enabled', 'true'), test.student('mia', 'Mia', 'Maple'), test.guardian('mo', 'Mo', 'Maple', '{mia}', email => 'mo@example.org');
SELECT test.accept('xm1'), test.guardian('xm1', 'M1', 'Nutmeg', '{xn1}', email => 'tea@example.org');
SELECT test.goes('apply; done', 'the SIS brings whom a leader had made');

-- roles in a file of their own, then deltas
UPDATE rosterd.district SET removal_limit_min = 100, change_limit_percent = 100 WHERE district_id = test.d();
SELECT test.role(id, id, roles[1], coalesce(orgs[1], 's1')) FROM test.sis_person;
SELECT test.goes('apply; done', 'roles.csv');
SELECT test.delta('orgs.csv', 'academicSessions.csv', 'classes.csv', 'users.csv', 'roles.csv', 'enrollments.csv');
SELECT test.org('s2', 'School 2b'), test.class('c7', 'Class 7', terms => '{y}'), test.session('y', '2020-03-01', '2099-01-01'), test.student('pat', 'Pat', 'Palm'), test.role('pat', 'pat', 'student', 's1'), test.role('kim2', 'kim', 'student', 's2'),
       test.enroll('c7', 'pat'), test.gone('person', 'xn1'), test.gone('role', 'bob'), test.gone('enrollment', 'c1/bob'), test.gone('class', 'c2'), test.gone('org', 's3'), test.gone('session', 'z'), test.gone('role', 'gia');
SELECT test.goes('apply; done', 'a delta of all files');
SELECT * FROM finish();
ROLLBACK;
