-- Where one day, one row or one word decides.
BEGIN;
\ir lib.sql
\ir libneighbour.sql
SELECT plan(34);
CREATE FUNCTION pg_temp.day(n int) RETURNS text LANGUAGE sql AS $$ SELECT (current_date + n)::text $$;
CREATE FUNCTION pg_temp.is_day(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER AS $f$ SELECT current_date + %s $f$', n);
END $$;
CREATE FUNCTION pg_temp.state(p_class text) RETURNS text LANGUAGE sql AS
    $$ SELECT state || coalesce(' ' || archived_by, '') FROM directory.classroom WHERE district_id = test.d() AND classroom_id = test.classroom(p_class) $$;
SELECT pg_temp.is_day(0);
SELECT test.district();
SELECT test.org('s2', 'School 2'), test.session('y', pg_temp.day(-100), pg_temp.day(100));
SELECT test.class('c1', 'Class 1', terms => '{y}'), test.class('c2', 'Class 2'), test.class('c3', 'Class 3', 's2');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch', agents => '{bea}'), test.student('cat', 'Cat', 'Cedar'),
       test.guardian('gus', 'Gus', 'Ash', email => 'gus@example.org'), test.guardian('bea', 'Bea', 'Birch', email => 'bea@example.org'),
       test.teacher('tim', 'Tim', 'Teach', 'tim@example.org');
SELECT test.enroll('c1', 'ann', begin_date => pg_temp.day(30)), test.enroll('c1', 'bob', begin_date => pg_temp.day(31)), test.enroll('c1', 'cat', end_date => pg_temp.day(0)),
       test.enroll('c1', 'tim', 'teacher', begin_date => pg_temp.day(-10), end_date => pg_temp.day(-1));
SELECT test.sync();
SAVEPOINT start;

-- rule: IN-1
SELECT is(test.members('c1'), 'ann cat', 'from 30 days before the first day until the day after the last');
SELECT pg_temp.is_day(1);
SELECT test.sync(p_file => false);
SELECT is(test.members('c1'), 'ann bob', 'a day later, by the date alone');
ROLLBACK TO start;
SELECT pg_temp.is_day(31);
SELECT test.sync(p_file => false);
SELECT is(test.members('c1'), 'ann bob', 'the rules may have slept for a month');

-- rule: CLS-10
ROLLBACK TO start;
SELECT test.enroll('c2', 'ann', end_date => pg_temp.day(0)), test.enroll('c2', 'bob', begin_date => pg_temp.day(31));
SELECT test.sync();
SELECT is(test.members('c2') || ' ' || pg_temp.state('c2'), 'ann active', 'a class on its last day');
SAVEPOINT last_day;
SELECT pg_temp.is_day(1);
SELECT test.sync(p_file => false);
SELECT is(test.members('c2') || ' ' || pg_temp.state('c2'), 'bob active', 'goes on if on the next somebody begins to count');
ROLLBACK TO last_day;
SELECT test.enroll('c2', 'bob', begin_date => pg_temp.day(32));
SELECT test.sync(), pg_temp.is_day(1);
SELECT test.sync(p_file => false);
SELECT is(test.members('c2') || ' ' || pg_temp.state('c2'), 'ann archived ended', 'and is archived with its roster if nobody does');
SELECT test.drop_enroll('c2', 'ann'), test.drop_enroll('c2', 'bob');
SELECT test.sync();
SELECT is(test.members('c2') || ' ' || pg_temp.state('c2'), 'ann archived ended', 'it stays so when the enrollments are gone from the file too');
SELECT test.enroll('c2', 'cat', 'student');
SELECT test.sync();
SELECT is(test.members('c2') || ' ' || pg_temp.state('c2'), 'cat active', 'and begins again with a new one');

-- rule: SAFE-1
ROLLBACK TO start;
SELECT test.drop_class('c3'), test.bad('class', 'c3'), test.drop_org('s2'), test.bad('org', 's2');
DELETE FROM test.sis_session WHERE id = 'y';
SELECT test.bad('session', 'y');
SELECT test.sync();
SELECT is(pg_temp.state('c3'), 'active', 'a class whose row is bad stays');
SELECT ok(NOT (SELECT archived FROM directory.school WHERE district_id = test.d() AND school_id = test.school('s2')), 'a school too');
SELECT ok((SELECT live FROM sis.session WHERE sourced_id = 'y' AND district_id = test.d()), 'and a session');
ROLLBACK TO start;
DELETE FROM test.sis_session WHERE id = 'y';
SELECT test.drop_org('s2'), test.bad('session', NULL), test.bad('org', NULL);
SELECT test.sync();
SELECT ok((SELECT live FROM sis.session WHERE sourced_id = 'y' AND district_id = test.d()) AND NOT (SELECT archived FROM directory.school WHERE district_id = test.d() AND school_id = test.school('s2')),
    'of a kind with an id that cannot be read none goes');
ROLLBACK TO start;
ALTER TABLE test.sis_class DROP CONSTRAINT sis_class_pkey;
ALTER TABLE test.sis_enroll DROP CONSTRAINT sis_enroll_pkey;
INSERT INTO test.sis_class SELECT d, id, 'Another', school, terms FROM test.sis_class WHERE id = 'c2';
INSERT INTO test.sis_class SELECT * FROM test.sis_class WHERE id = 'c3';
INSERT INTO test.sis_enroll SELECT d, id, 'c2', person, role, NULL, NULL FROM test.sis_enroll WHERE id = 'c1/ann';
SELECT test.sync();
SELECT is((SELECT name FROM directory.classroom WHERE district_id = test.d() AND classroom_id = test.classroom('c2')) || '|' || test.members('c2') || '|' || test.members('c1'),
    'Class 2||ann cat', 'of rows with one id that differ, none counts');
SELECT is(test.findings('record.duplicate'), 'c1/ann c2', 'and it is said of them, not of equal ones');

INSERT INTO test.sis_class SELECT d, 'c9', 'Class 9', 's1', '{}' FROM test.sis_class CROSS JOIN generate_series(1, 3) WHERE id = 'c1';
SELECT test.sync();
SELECT is((SELECT count(*) FROM directory.classroom WHERE sourced_id = 'c9' AND district_id = test.d()) || test.findings('record.duplicate'), '1c1/ann c2', 'a row given three times is one');

-- rule: SAFE-2
ROLLBACK TO start;
CREATE TEMP TABLE run AS SELECT test.begin_run() AS run;
UPDATE stage.slot SET files = files - 'classes.csv' WHERE run_id = (SELECT run FROM run);
DELETE FROM stage.class;
UPDATE stage.slot SET rows = rows || '{"class": 0}' WHERE run_id = (SELECT run FROM run);
SELECT test.plan(run) FROM run;
SELECT test.apply(run) FROM run;
SELECT is(pg_temp.state('c1') || test.members('c1'), 'activeann cat', 'a file the header does not speak of is absent');
SELECT isnt(test.findings('file.absent'), '', 'and a finding');

-- rule: IN-5
ROLLBACK TO start;
SELECT test.enroll('nope', 'ann'), test.enroll('nope', 'nobody'), test.enroll('c2', 'nobody');
SELECT test.sync();
SELECT is(test.findings('enrollment.class') || '|' || test.findings('enrollment.person'), 'nope/ann nope/nobody|c2/nobody', 'an enrollment is told of once');
SELECT is(test.members('c2'), '', 'and not used');
SELECT test.drop_person('gus'), test.student('cat', 'Cat', 'Cedar', agents => '{gus,nobody,tim}');
SELECT test.sync();
SELECT is(test.findings('link.person') || '|' || test.findings('link.pair'), 'cat|cat', 'nobody is no pair, a teacher neither');
SELECT is(test.guardians('cat'), '', 'and who has left is not connected to anybody new');

-- rule: ABN-B1
ROLLBACK TO start;
SELECT test.drop_person('gus'), test.drop_person('ann');
SELECT test.sync();
SELECT test.guardian('gus', 'Hal', 'Holly', '{cat}', email => 'bea@example.org'), test.student('ann', 'Ann', 'Ash');
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), 'gus', 'an id that returns with another name and somebody else''s e-mail is not restored');
SELECT is(test.guardians('cat') || '|' || test.credentials('bea'), '|bea@example.org', 'nor connected, and nobody loses anything by it');
ROLLBACK TO start;
SELECT test.drop_person('gus');
SELECT test.sync();
SELECT test.guardian('gus', 'Hal', 'Holly', '{cat}', sms => '+12125550101', email => 'gus@example.org');
SELECT test.sync();
SELECT is(test.findings('person.id_reused') || test.guardians('cat'), 'gus', 'with one of their own it is the same person');

-- rule: UPD-3
ROLLBACK TO start;
SELECT test.drop_person('tim');
SELECT test.sync();
UPDATE directory.person SET given_name = 'Timothy' WHERE district_id = test.d() AND person_id = test.person('tim');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('tim'));
SELECT test.sync(p_file => false);
SELECT is((SELECT given_name FROM directory.person WHERE district_id = test.d() AND person_id = test.person('tim')), 'Timothy', 'the SIS has no say about an invitee who is not in it');

-- rule: CRED-4
ROLLBACK TO start;
SELECT test.user('rel', '{relative}', 'Rel', 'Ash', email => 'bea@example.org', schools => '{s1}', agents => '{ann}');
SELECT test.sync();
SELECT is(test.credentials('bea') || '|' || test.guardians('ann'), 'bea@example.org|gus', 'within a rank who holds it keeps it');
SELECT test.user('rel', '{relative}', 'Rel', 'Ash', email => 'rel@example.org', schools => '{s1}', agents => '{ann}');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus rel', 'a relative is a guardian');
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.sync(p_file => false);
SELECT is(test.guardians('ann') || '|' || test.credentials('rel'), 'gus|', 'unless the district''s setting says otherwise');

-- rule: OFF-1
ROLLBACK TO start;
CREATE TEMP TABLE taken AS SELECT test.begin_run(false) AS run;
SELECT test.plan(run) FROM taken;
SELECT test.as_daemon(format('SELECT sync.run_state(%s, ''applying'')', run)) FROM taken;
SELECT test.as_daemon(format('SELECT sync.apply(%s)', run)) FROM taken;
SELECT lives_ok(format('SELECT test.as_daemon(''SELECT sync.check(%s)'')', run), 'a run may commit') FROM taken;
UPDATE rosterd.lease SET epoch = epoch + 1 WHERE district_id = test.d();
SELECT throws_ok(format('SELECT test.as_daemon(''SELECT sync.check(%s)'')', run), 'RS101', NULL, 'but not once another daemon has the district') FROM taken;

-- rule: UPD-4
ROLLBACK TO start;
SELECT test.accept('bea');
SELECT test.guardian('bea', 'Beate', 'Birch', email => 'beate@example.org', phone => '+12125550102');
SELECT test.sync();
SELECT is((SELECT differs FROM rosterd.drift WHERE district_id = test.d() AND sourced_id = 'bea'), '{given_name,email,phone}', 'drift shows where the SIS differs');
SELECT test.setting('phone_is_credential', 'false');
SELECT is((SELECT differs FROM rosterd.drift WHERE district_id = test.d() AND sourced_id = 'bea'), '{given_name,email}', 'in what counts');
SELECT test.guardian('bea', 'Bea', 'Birch', email => 'bea@example.org', sms => '+12125550103');
SELECT test.sync();
SELECT is((SELECT differs FROM rosterd.drift WHERE district_id = test.d() AND sourced_id = 'bea'), '{sms}', 'and only there');
SELECT is((SELECT count(*) FROM rosterd.drift WHERE district_id = test.d()), 1::bigint, 'of active people');
SELECT * FROM finish();
ROLLBACK;
