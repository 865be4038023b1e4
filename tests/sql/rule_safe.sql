-- Bad files remove nobody.
BEGIN;
\ir lib.sql
SELECT plan(47);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'), test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'hal@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c2', 'cyd');
SELECT test.sync();
SAVEPOINT start;

-- rule: SAFE-1
SELECT test.drop_person('ann');
SELECT test.bad('person', 'ann');
SELECT test.enroll('c1', 'ann');
SELECT test.sync();
SELECT is(test.schools('ann') || test.guardians('ann') || test.members('c1'), 's1gusann bob', 'a row that cannot be used leaves its person as before');
ROLLBACK TO start;
SELECT test.drop_person('bob'), test.drop_person('hal'), test.drop_enroll('c2', 'cyd');
SELECT test.bad('person', NULL);
SELECT test.sync();
SELECT is(test.schools('bob') || test.guardians('bob'), 's1hal', 'with an id that cannot be read nobody is removed');
SELECT is(test.members('c1') || '|' || test.members('c2'), 'ann|', 'of that kind: enrollments were readable');
ROLLBACK TO start;
SELECT test.drop_class('c1'), test.drop_person('bob');
SELECT test.bad('class', NULL), test.bad('enrollment', 'c1/ann');
SELECT test.sync();
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'active', 'no class either');
SELECT is(test.schools('bob'), '(s1)', 'but people, who were readable');
SELECT is(test.members('c1'), 'ann', 'and an enrollment whose row is bad stays');
ROLLBACK TO start;
-- one of each cannot be used, another is gone
SELECT test.drop_enroll('c1', 'ann'), test.bad('enrollment', 'c1/ann'), test.drop_enroll('c1', 'bob');
SELECT test.sync();
SELECT is(test.members('c1'), 'ann', 'a bad row keeps its enrollment and no other');
ROLLBACK TO start;
SELECT test.drop_person('ann'), test.bad('person', 'ann'), test.drop_person('cyd');
SELECT test.sync();
SELECT is(test.schools('ann') || test.schools('cyd'), 's1(s1)', 'its person and no other');
ROLLBACK TO start;
SELECT test.drop_class('c1'), test.bad('class', 'c1'), test.drop_class('c2'), test.drop_org('s1'), test.bad('org', 's1'), test.drop_org('s2');
SELECT test.sync();
SELECT is((SELECT string_agg(sourced_id || ' ' || state, ', ' ORDER BY sourced_id) FROM directory.classroom WHERE district_id = test.d()), 'c1 active, c2 archived', 'its class and no other');
SELECT is((SELECT string_agg(sourced_id, ', ') FROM directory.school WHERE district_id = test.d() AND archived), 's2', 'its school and no other');
ROLLBACK TO start;
-- records of all kinds with one id, in the first row of each file, of which all but one kind's cannot be used
SELECT test.org('!x', 'X'), test.session('!x', '2020-01-01', '2099-01-01'), test.class('!x', 'X', '!x', '{!x}'), test.student('!x', 'X', 'Ex', schools => '{!x}');
INSERT INTO test.sis_enroll VALUES (test.d(), '!x', '!x', '!x', 'student', '2020-01-01');
SELECT test.sync();
CREATE FUNCTION test.only(p_kind text, p_gone boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_seen text;
BEGIN
    PERFORM test.bad(k, '!x') FROM unnest('{org,session,class,person,enrollment}'::text[]) k WHERE k <> p_kind;
    UPDATE test.sis_org SET name = 'Y' WHERE id = '!x';
    UPDATE test.sis_session SET end_date = '2098-01-01' WHERE id = '!x';
    UPDATE test.sis_class SET title = 'Y' WHERE id = '!x';
    UPDATE test.sis_person SET given = 'Y' WHERE id = '!x';
    UPDATE test.sis_enroll SET begin_date = '2021-01-01' WHERE id = '!x';
    IF p_gone THEN
        EXECUTE format('DELETE FROM test.%I WHERE id = %L', CASE p_kind WHEN 'enrollment' THEN 'sis_enroll' ELSE 'sis_' || p_kind END, '!x');
    END IF;
    PERFORM test.sync();
    SELECT concat_ws(' ', o.name, o.live, extract(year FROM s.end_date), s.live, c.title, c.live, p.given_name, p.live, extract(year FROM e.begin_date)) INTO v_seen
    FROM sis.org o JOIN sis.session s USING (district_id, sourced_id) JOIN sis.class c USING (district_id, sourced_id) JOIN sis.person p USING (district_id, sourced_id)
    LEFT JOIN sis.enrollment e USING (district_id, sourced_id) WHERE o.district_id = test.d() AND o.sourced_id = '!x';
    RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = v_seen;
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN SQLERRM;
END $$;
SELECT is(test.only(k, false), w, 'it changes, the others do not: ' || k)
FROM (VALUES ('org', 'Y t 2099 t X t X t 2020'), ('session', 'X t 2098 t X t X t 2020'), ('class', 'X t 2099 t Y t X t 2020'), ('person', 'X t 2099 t X t Y t 2020'),
             ('enrollment', 'X t 2099 t X t X t 2021')) AS x (k, w);
SELECT is(test.only(k, true), w, 'it is gone, the others are not: ' || k)
FROM (VALUES ('org', 'X f 2099 t X t X t 2020'), ('session', 'X t 2099 f X t X t 2020'), ('class', 'X t 2099 t X f X t 2020'), ('person', 'X t 2099 t X t X f 2020'),
             ('enrollment', 'X t 2099 t X t X t')) AS x (k, w);
ROLLBACK TO start;
SELECT test.session(t, '2020-01-01', '2099-01-01') FROM unnest('{u,v,w}'::text[]) t;
SELECT test.sync();
DELETE FROM test.sis_session WHERE id IN ('u', 'v');
SELECT test.bad('session', 'u');
SELECT test.sync();
SELECT is((SELECT string_agg(concat_ws(' ', sourced_id, live), ',' ORDER BY sourced_id) FROM sis.session WHERE district_id = test.d()), 'u t,v f,w t', 'its session and no other');
ROLLBACK TO start;
SELECT test.student('ann', 'Ann', 'Ash'), test.guardian('hal', 'Hal', 'Birch', '{}', email => 'hal@example.org');
SELECT test.bad('person', NULL), test.bad('person', 'gus');
SELECT test.sync();
SELECT is(test.guardians('ann') || '|' || test.guardians('bob'), 'gus|', 'relationships end if the rows of both people are readable, else not');
ROLLBACK TO start;
SELECT test.student('cyd', 'Cyd', 'Cedar', agents => '{hal}'), test.drop_person('hal');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann,bob}', email => 'gus@example.org'), test.drop_person('bob'), test.bad('person', NULL);
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.guardians('bob'), 'hal|gus hal', 'and begin by what the row of one of them says');
ROLLBACK TO start;
INSERT INTO test.sis_person SELECT d, 'x', roles, 'Other', family, email, sms, phone, invalid, orgs, agents FROM test.sis_person WHERE id = 'ann';
-- two rows of one id: the fixture's key is in the way
ALTER TABLE test.sis_person DROP CONSTRAINT sis_person_pkey;
UPDATE test.sis_person SET id = 'ann' WHERE id = 'x';
INSERT INTO test.sis_person SELECT * FROM test.sis_person WHERE id = 'bob';
INSERT INTO test.sis_person SELECT d, 'new', roles, n, family, email, sms, phone, invalid, orgs, '{}' FROM test.sis_person, unnest(ARRAY['New', 'Newer']) n WHERE id = 'cyd';
SELECT test.sync();
SELECT is(test.findings('record.duplicate'), 'ann new', 'an id in rows that differ is a finding');
SELECT is(test.schools('ann') || ' ' || (SELECT given_name FROM directory.person WHERE person_id = test.person('ann')), 's1 Ann', 'its person stays as before');
SELECT is(test.person('new'), NULL, 'and is not added');
SELECT is(test.schools('bob'), 's1', 'equal rows are one');
ROLLBACK TO start;
SELECT test.class('c1', 'Class 1', 'nowhere'), test.class('c3', 'Class 3', 'nowhere');
SELECT test.enroll('c3', 'cyd');
SELECT test.sync();
SELECT is(test.findings('class.school') || '|' || test.findings('enrollment.class'), 'c1 c3|c3/cyd', 'references to nothing are findings');
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c1')) || test.members('c1') || coalesce(test.classroom('c3')::text, ''),
          'activeann bob', 'what was there before stays');
SELECT test.class('c1', 'Class 1'), test.class('c3', 'Class 3');
SELECT test.sync();
SELECT is(test.findings() || test.members('c3'), 'cyd', 'corrected: the findings close and the rest comes in');
SELECT test.enroll('c1', 'nobody');
SELECT test.sync();
SELECT is(test.findings('enrollment.person'), 'c1/nobody', 'an enrollment of nobody');
ROLLBACK TO start;

-- rule: SAFE-2
INSERT INTO test.sis_absent VALUES (test.d(), 'enrollments.csv');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.members('c2'), 'ann bob|cyd', 'an absent file removes nothing');
SELECT is((SELECT file FROM rosterd.finding WHERE code = 'file.absent' AND closed_by_run IS NULL), 'enrollments.csv', 'and is a finding');
SELECT test.sync();
SELECT is((SELECT count(*) FROM rosterd.finding WHERE code = 'file.absent'), 1::bigint, 'absent again: the same finding stands');
DELETE FROM test.sis_absent;
SELECT test.sync();
SELECT is((SELECT count(*) FROM rosterd.finding WHERE code = 'file.absent' AND closed_by_run IS NULL), 0::bigint, 'until it is there again');
INSERT INTO test.sis_absent VALUES (test.d(), 'users.csv'), (test.d(), 'classes.csv'), (test.d(), 'orgs.csv');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.guardians('ann') || '|' || test.schools('bob'), 'ann bob|gus|s1', 'the same for the other files');
DELETE FROM test.sis_absent;
DELETE FROM test.sis_enroll;
SELECT test.sync();
SELECT is(test.members('c1'), '', 'an empty one with its header is data');
ROLLBACK TO start;

-- rule: SAFE-7
SELECT test.begin_run() AS run \gset
DELETE FROM stage.person;
SELECT throws_ok(format('SELECT sync.plan(%s)', :run), 'RS104', NULL, 'a slot that does not hold what its header says is refused');
ROLLBACK TO start;
SELECT test.begin_run() AS run \gset
TRUNCATE stage.org_0, stage.session_0, stage.course_0, stage.class_0, stage.person_0, stage.link_0, stage.enrollment_0, stage.bad_0, stage.finding_0;
SELECT throws_ok(format('SELECT sync.plan(%s)', :run), 'RS104', NULL, 'so is an empty one, as after a crash');
SELECT is(test.schools('ann') || test.members('c1'), 's1ann bob', 'and nobody is removed');
ROLLBACK TO start;
SELECT test.drop_person('ann');
SELECT test.begin_run() AS run \gset
SELECT test.plan(:run);
TRUNCATE sync.plan_role_0;
SELECT throws_ok(format('SELECT sync.apply(%s)', :run), 'RS104', NULL, 'a plan that lost rows is refused');
ROLLBACK TO start;
SELECT test.begin_run() AS run \gset
SELECT throws_ok(format('SELECT sync.apply(%s)', :run), 'RS105', NULL, 'no plan, no apply');
UPDATE stage.slot SET closed_at = NULL WHERE run_id = :run;
SELECT throws_ok(format('SELECT sync.plan(%s)', :run), 'RS105', NULL, 'a slot that the worker has not closed is not planned');
ROLLBACK TO start;
SELECT test.drop_person('ann');
SELECT test.begin_run() AS run \gset
SELECT test.plan(:run);
SELECT test.plan(:run);
SELECT test.apply(:run);
SELECT is(test.schools('ann') || test.members('c1'), '(s1)bob', 'planned again, the same end');
SELECT is((SELECT count(*) FROM audit.change WHERE relation = 'directory.role'), 1::bigint, 'once');
SELECT throws_ok(format('SELECT sync.apply(%s)', :run), 'RS105', NULL, 'an applied run is not applied again');
SELECT is((SELECT state || ' ' || (applied_at IS NOT NULL) FROM rosterd.run WHERE run_id = :run), 'done true', 'it is done');
SELECT * FROM finish();
ROLLBACK;
