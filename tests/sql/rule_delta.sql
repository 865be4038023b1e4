-- Delta files: who is not mentioned stays, who is gone is named.
BEGIN;
\ir lib.sql
SELECT plan(80);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'), test.guardian('hal', 'Hal', 'Birch', '{bob,cyd}', email => 'hal@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c2', 'cyd');
CREATE TABLE test.whole AS TABLE test.sis_person;
CREATE FUNCTION test.last() RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', state, reason, owner) FROM rosterd.run ORDER BY run_id DESC LIMIT 1 $$;
CREATE FUNCTION test.known(p_run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint;
BEGIN
    v_run := test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL)',
                                   (SELECT daemon_id FROM test.now_at), test.d(), (SELECT epoch FROM rosterd.lease WHERE district_id = test.d())));
    RETURN test.as_daemon(format('SELECT sync.run_file(%s, ''x.zip'', 1, 1, %L)', v_run, encode(sha256(p_run::text::bytea), 'hex')));
END $$;
CREATE FUNCTION test.lost(p_name text, p_state text DEFAULT 'rejected', p_reason text DEFAULT 'zip.damaged', p_sha text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint := test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL)',
                                          (SELECT daemon_id FROM test.now_at), test.d(), (SELECT epoch FROM rosterd.lease WHERE district_id = test.d())));
BEGIN
    PERFORM test.as_daemon(format('SELECT sync.run_file(%s, %L, 1, 1, %L)', v_run, p_name, coalesce(p_sha, encode(sha256(v_run::text::bytea), 'hex'))));
    PERFORM test.as_daemon(format('SELECT sync.run_end(%s, %L, %L, ''it is so'', ''district'')', v_run, p_state, p_reason));
    RETURN v_run;
END $$;
CREATE FUNCTION test.next() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.sync();
    RETURN test.last();
END $$;
CREATE FUNCTION test.why() RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(detail, 'run \d+', 'run N') FROM rosterd.run ORDER BY run_id DESC LIMIT 1 $$;
SAVEPOINT empty;

-- rule: SAFE-2
SELECT test.delta('users.csv');
SELECT test.student('ann', 'Ann', 'Ash');
SELECT test.sync();
SELECT is(test.last(), 'rejected roster.base district', 'a delta without a base is refused');
SELECT is((SELECT detail FROM rosterd.run ORDER BY run_id DESC LIMIT 1), 'no complete (bulk) file came before this delta: users.csv', 'with a sentence that names the file');
SELECT is(test.findings(), '-:roster.base', 'and a finding');
SELECT is((SELECT count(*) FROM directory.person WHERE district_id = test.d()) + (SELECT count(*) FROM sis.org WHERE district_id = test.d()), 0::bigint, 'nothing of the package is used');
ROLLBACK TO empty;

SELECT test.sync();
SELECT is((SELECT modes ->> 'users.csv' FROM sis.judged WHERE district_id = test.d()), 'bulk', 'a complete file is a base');
SAVEPOINT start;

-- what is not mentioned stays
SELECT test.delta('users.csv', 'classes.csv', 'enrollments.csv');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.members('c2') || '|' || test.guardians('bob') || '|' || test.schools('cyd'), 'ann bob|cyd|hal|s1', 'an empty delta changes nothing');
SELECT is((SELECT string_agg(file, ' ' ORDER BY file) FROM rosterd.finding WHERE code = 'file.mode_changed' AND closed_by_run IS NULL),
          'classes.csv enrollments.csv users.csv', 'that the mode changed is a finding');
SELECT test.delta('users.csv', 'classes.csv', 'enrollments.csv');
SELECT test.sync();
SELECT is((SELECT count(*) FROM rosterd.finding WHERE code = 'file.mode_changed' AND closed_by_run IS NULL), 0::bigint, 'which is closed when it stays so');
SELECT test.student('dee', 'Dee', 'Dale', agents => '{hal}'), test.student('bob', 'Robert', 'Birch', agents => '{hal}');
SELECT test.class('c3', 'Class 3'), test.class('c1', 'First Class');
SELECT test.enroll('c3', 'dee'), test.enroll('c1', 'dee'), test.enroll('c1', 'cyd');
SELECT test.gone('enrollment', 'c1/ann');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.members('c2') || '|' || test.members('c3'), 'bob cyd dee|cyd|dee', 'active rows come in, one that is gone leaves');
SELECT is((SELECT sis_name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'First Class', 'a class is changed');
SELECT is((SELECT given_name FROM sis.person WHERE sourced_id = 'bob'), 'Robert', 'and a person');
SELECT is(test.guardians('dee') || '|' || test.guardians('bob') || '|' || test.guardians('ann'), 'hal|hal|gus', 'with their relationships');

-- who is gone, is
SELECT test.delta('users.csv', 'classes.csv', 'enrollments.csv', 'orgs.csv');
SELECT test.gone('person', 'bob'), test.gone('class', 'c3'), test.gone('person', 'never was');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.members('c1') || '|' || test.members('c2'), '(s1)|cyd dee|cyd', 'a person leaves');
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c3')), 'archived', 'a class leaves');
SELECT test.delta('users.csv', 'classes.csv', 'enrollments.csv', 'orgs.csv');
SELECT test.student('bob', 'Robert', 'Birch', agents => '{hal}'), test.class('c3', 'Class 3');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.guardians('bob') || '|' || test.members('c1'), 's1|hal|bob cyd dee', 'and is back with a later row, in the classes the enrollments still say');
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c3')), 'active', 'so is the class');
SELECT test.delta('orgs.csv', 'users.csv', 'classes.csv', 'enrollments.csv');
SELECT test.gone('org', 's1');
SELECT test.sync();
SELECT is((SELECT archived FROM directory.school WHERE school_id = test.school('s1')), true, 'a school leaves');
ROLLBACK TO start;

-- mixed: the bulk file removes who is not in it, the delta does not
DELETE FROM test.sis_enroll WHERE person = 'bob';
SELECT test.delta('users.csv');
SELECT test.student('cyd', 'Cyd', 'Cedar', agents => '{}');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.schools('ann') || test.schools('bob'), 'ann|s1s1', 'bulk enrollments beside a delta of users');

-- rule: IN-5, UPD-2
SELECT test.delta('users.csv');
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('bob') || '|' || test.guardians('cyd'), 'hal|', 'a row states its relationships anew');
SELECT test.delta('users.csv');
SELECT test.student('ann', 'Ann', 'Ash');
SELECT test.sync();
SELECT is(test.guardians('ann'), '', 'either side that stated one can end it');
SELECT test.delta('users.csv');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus', 'and state it again');
SELECT test.delta('users.csv');
SELECT test.student('eve', 'Eve', 'Elm', agents => '{gus,bob,nobody}'), test.student('fay', 'Fay', 'Elm', agents => '{nobody}');
SELECT test.sync();
SELECT is(test.guardians('eve') || '|' || test.findings('link.pair') || '|' || test.findings('link.person'), 'gus|eve|eve fay', 'with people of earlier files, known by their roles');
SELECT is((SELECT count(*) FROM rosterd.finding f JOIN sis.person m ON m.district_id = f.district_id AND m.sourced_id = f.sourced_id AND m.line = f.line
           WHERE f.district_id = test.d() AND f.closed_by_run IS NULL AND f.code IN ('link.pair', 'link.person')), 3::bigint, 'each told with the line of its row');
SELECT test.delta('users.csv');
SELECT test.gone('person', 'gus');
SELECT test.sync();
SELECT is(test.guardians('ann') || '|' || test.guardians('eve'), '|', 'a guardian who is gone loses the students at once');
ROLLBACK TO start;

-- rule: SAFE-1
SELECT test.delta('users.csv', 'enrollments.csv');
SELECT test.bad('person', 'bob'), test.gone('person', 'bob'), test.gone('person', 'cyd');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.schools('cyd'), 's1|(s1)', 'who has a row that cannot be used is not removed by another');
ROLLBACK TO start;
SELECT test.delta('users.csv', 'enrollments.csv');
SELECT test.bad('person', NULL), test.gone('person', 'cyd'), test.gone('enrollment', 'c1/ann');
SELECT test.guardian('hal', 'Hal', 'Birch', '{}', email => 'hal@example.org'), test.student('dee', 'Dee', 'Dale');
SELECT test.sync();
SELECT is(test.schools('cyd') || test.guardians('bob') || test.schools('dee'), 's1hals1', 'with an id that cannot be read nobody of that kind is removed');
SELECT is(test.members('c1'), 'bob', 'enrollments were readable');
SELECT is((SELECT file || ' ' || count FROM rosterd.finding WHERE code = 'delta.gone_kept' AND closed_by_run IS NULL), 'users.csv 1', 'and somebody has to say it again');
ROLLBACK TO start;
SELECT test.delta('users.csv');
SELECT test.student('ann', 'Annie', 'Ash', agents => '{gus}'), test.gone('person', 'ann');
SELECT test.sync();
SELECT is(test.findings('record.duplicate') || '|' || test.schools('ann') || '|' || test.guardians('ann') || '|' || (SELECT given_name FROM sis.person WHERE sourced_id = 'ann'),
          'ann|s1|gus|Ann', 'one id that is both there and gone: neither is used');
ROLLBACK TO start;
SELECT test.delta('users.csv');
SELECT test.guardian('ann', 'Ann', 'Ash', email => 'ann@example.org');
SELECT test.sync();
SELECT is(test.findings('person.role_flip') || test.schools('ann'), 'anns1', 'an id that comes to mean somebody else');
ROLLBACK TO start;
INSERT INTO test.sis_absent VALUES (test.d(), 'classes.csv');
SELECT test.delta('users.csv');
SELECT test.sync();
SELECT is((SELECT string_agg(file, ' ') FROM rosterd.finding WHERE code = 'file.absent' AND closed_by_run IS NULL), 'classes.csv', 'a delta is no absent file');
ROLLBACK TO start;

-- rule: UPD-6
CREATE TABLE test.runs (what text, run bigint);
SELECT test.delta('users.csv');
SELECT test.student('bob', 'Bob', 'Birch', email => 'bob@example.org');
INSERT INTO test.runs SELECT 'first', test.sync();
DELETE FROM test.sis_person;
SELECT test.gone('person', 'bob');
INSERT INTO test.runs SELECT 'second', test.sync();
SAVEPOINT two;
SELECT is(test.known((SELECT run FROM test.runs WHERE what = 'second')), 'unchanged', 'the delta applied last, again');
ROLLBACK TO two;
SELECT is(test.known((SELECT run FROM test.runs WHERE what = 'first')), 'unchanged', 'one that later ones were applied on top of is not applied again');
ROLLBACK TO two;
SELECT test.delta('orgs.csv', 'users.csv');
SELECT test.sync();
SELECT is(test.known((SELECT run FROM test.runs WHERE what = 'first')), 'unchanged', 'whatever other deltas came between');
ROLLBACK TO two;
DELETE FROM test.sis_delta; DELETE FROM test.sis_gone;
INSERT INTO test.sis_person TABLE test.whole;
SELECT test.sync();
SELECT is(test.schools('bob'), 's1', 'a complete file says what there is');
SELECT is(test.known((SELECT run FROM test.runs WHERE what = 'second')), 'stage', 'and a delta after it is not skipped');
ROLLBACK TO start;

-- rule: SAFE-1
-- What was not used is a hole that no later delta goes over.
SELECT test.delta('users.csv', 'enrollments.csv');
SELECT test.gone('person', 'cyd');
SAVEPOINT hole;
SELECT test.lost('tuesday.zip');
SELECT is(test.next(), 'rejected roster.gap district', 'a delta behind one that was damaged is not used');
SELECT is(test.why(), 'run N was rejected (zip.damaged), and no complete (bulk) file came since of enrollments.csv, users.csv', 'with a sentence that names the files');
SELECT is(test.findings('roster.gap') || test.schools('cyd'), '-s1', 'it is a finding, and nobody leaves by it');
SELECT is(test.next(), 'rejected roster.gap district', 'nor is the next one');
SAVEPOINT refused;
DELETE FROM test.sis_delta; DELETE FROM test.sis_gone;
INSERT INTO test.sis_person TABLE test.whole;
SELECT test.delta('enrollments.csv');
SELECT is(test.next(), 'rejected roster.gap district', 'one complete file is not enough for the other');
DELETE FROM test.sis_delta;
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c2', 'cyd');
SELECT is(test.next(), 'done', 'complete files are used');
SELECT test.delta('users.csv', 'enrollments.csv');
SELECT test.gone('person', 'cyd');
SELECT is(test.next(), 'done', 'and deltas after them');
ROLLBACK TO hole;
SELECT test.lost('tuesday.zip', 'rejected', 'roster.empty');
SELECT is(test.next(), 'done', 'a package without any data makes no hole');
ROLLBACK TO hole;
SELECT test.lost('tuesday.zip', 'refused', NULL);
SELECT is(test.next(), 'rejected roster.gap district', 'one that was refused does');
SELECT is(test.why(), 'run N was refused, and no complete (bulk) file came since of enrollments.csv, users.csv', 'and is called so');
ROLLBACK TO hole;
SELECT test.lost('tuesday.zip', 'previewed', NULL);
SELECT is(test.next(), 'rejected roster.gap district', 'so does one that was only shown');
ROLLBACK TO hole;
UPDATE rosterd.district SET preview_only = true WHERE district_id = test.d();
SELECT test.lost('tuesday.zip', 'previewed', NULL);
SELECT is(test.next(), 'previewed', 'the next one is shown too');
ROLLBACK TO hole;
SELECT test.lost('tuesday.zip');
WITH other AS (INSERT INTO rosterd.district (slug, name) VALUES ('elm', 'Elm') RETURNING district_id)
INSERT INTO rosterd.run (district_id, epoch, cause, state, file_name, file_sha256, ended_at)
SELECT o.district_id, 1, 'schedule', 'done', r.file_name, r.file_sha256, now() FROM other o, rosterd.run r WHERE r.district_id = test.d() AND r.file_name = 'tuesday.zip';
SELECT is(test.next(), 'rejected roster.gap district', 'a file of that name and hash that another district has used does not help');
ROLLBACK TO hole;
-- made good
SELECT test.lost('roster.zip');
SELECT is(test.next(), 'rejected roster.gap district', 'every file is named so: it is not known to be the same package');
ROLLBACK TO hole;
UPDATE rosterd.run SET file_name = 'monday.zip' WHERE district_id = test.d();
SELECT test.lost('roster.zip'), test.lost('roster.zip', 'rejected', 'roster.csv');
SELECT is(test.next(), 'done', 'a damaged package that comes again under its name is used');
SELECT test.gone('person', 'bob');
SELECT is(test.next(), 'done', 'and leaves no hole');
SELECT is(test.schools('cyd') || test.schools('bob'), '(s1)(s1)', 'so both say what they say');
ROLLBACK TO hole;
-- the same file, rejected for a setting that was changed
SELECT test.lost('tuesday.zip', 'rejected', 'roster.strict', encode(sha256((SELECT last_value + 2 FROM rosterd.run_run_id_seq)::text::bytea), 'hex'));
SELECT is(test.next(), 'done', 'a file that was rejected, and is used after all');
ROLLBACK TO hole;
-- the complete file, once more
SELECT test.lost('tuesday.zip');
SELECT is(test.known((SELECT max(run_id) FROM rosterd.run WHERE district_id = test.d() AND state = 'done')), 'unchanged', 'the same complete file comes again');
SELECT is(test.next(), 'done', 'and counts as one that came since');
ROLLBACK TO start;

-- a complete file that is approved later has its place where it came
SELECT test.enroll('c2', 'ann');
DELETE FROM test.sis_person WHERE id IN ('ann', 'bob', 'cyd');
SELECT test.night();
SELECT is(split_part(test.last(), ' ', 1), 'held', 'a complete file waits');
SELECT test.lost('tuesday.zip');
SELECT rosterd.approve((SELECT run_id FROM rosterd.run WHERE state = 'held'), 'tested');
SELECT test.carry_out();
SELECT is(test.last(), 'done', 'and is approved');
SELECT test.delta('users.csv');
SELECT is(test.next(), 'rejected roster.gap district', 'behind it there is a hole all the same');
ROLLBACK TO start;

-- rule: IN-7
-- Roles of 1.2, in files of their own.
CREATE FUNCTION test.roles(p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT translate(roles, U&'\001E\001F', '@ ') FROM sis.person WHERE district_id = test.d() AND sourced_id = p_id $$;
INSERT INTO test.sis_role VALUES (test.d(), 'r1', 'ann', 'student', 's1'), (test.d(), 'r2', 'bob', 'student', 's1'), (test.d(), 'r3', 'cyd', 'student', 's1'),
    (test.d(), 'r4', 'gus', 'guardian', 's1'), (test.d(), 'r5', 'hal', 'guardian', 's1'), (test.d(), NULL, 'hal', 'parent', NULL);
SELECT test.sync();
SELECT is((SELECT string_agg(person || ':' || role || ':' || org || ':' || sourced_id, ' ' ORDER BY sourced_id) FROM sis.role WHERE district_id = test.d()),
          'hal:parent:: ann:student:s1:r1 bob:student:s1:r2 cyd:student:s1:r3 gus:guardian:s1:r4 hal:guardian:s1:r5', 'the rows are kept by their ids');
SAVEPOINT roles;
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.role('r1', 'ann', 'student', 's2');
SELECT test.sync();
SELECT is(test.roles('ann') || '|' || test.roles('bob'), 'student@s2|student@s1', 'a row moves a student, also without their own row');
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.role('r7', 'ann', 'student', 's1');
SELECT test.sync();
SELECT is(test.roles('ann'), 'student@s1 student@s2', 'a further row adds a school');
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.gone('role', 'r1');
SELECT test.sync();
SELECT is(test.roles('ann') || '|' || test.schools('ann'), 'student@s1|s1', 'one that is gone takes it away');
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.gone('role', 'r7');
SELECT test.sync();
SELECT is(test.schools('ann') || '|' || test.findings('role.none'), 's1|ann', 'who has none left stays as they were, with a finding');
ROLLBACK TO roles;
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.student('dee', 'Dee', 'Dale'), test.student('eve', 'Eve', 'Elm'), test.student('bob', 'Bobby', 'Birch', agents => '{hal}'), test.gone('person', 'cyd');
SELECT test.role('r8', 'dee', 'student', 's1'), test.role('r9', 'fay', 'student', 's1'), test.gone('role', 'r3');
SELECT test.sync();
SELECT is(test.schools('dee') || '|' || test.schools('eve') || '|' || test.schools('cyd'), 's1||(s1)', 'people and roles come and go together');
SELECT is(test.findings('role.none') || '|' || test.findings('role.person'), 'eve|fay', 'one without the other is a finding');
SELECT is((SELECT given_name FROM sis.person WHERE sourced_id = 'bob') || test.schools('bob'), 'Bobbys1', 'a person keeps the roles of earlier files');
SELECT test.delta('users.csv');
SELECT test.student('fay', 'Fay', 'Fir');
SELECT test.sync();
SELECT is(test.schools('fay') || '|' || test.findings('role.person'), 's1|', 'a role waits for its person');
ROLLBACK TO roles;
SELECT test.delta('roles.csv');
SELECT test.role('r1', 'ann', 'teacher', 's1');
SELECT test.sync();
SELECT is(test.schools('ann') || '|' || test.findings('row.no_role'), 's1|', 'complete people with a delta of roles');
SELECT is(test.findings('person.role_flip'), 'ann', 'and nobody becomes an adult by it');
ROLLBACK TO roles;
SELECT test.delta('roles.csv');
SELECT test.drop_person('bob'), test.role('r2', 'bob', 'student', 's2'), test.drop_person('cyd'), test.gone('role', 'r3');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.schools('cyd') || '|' || test.findings('role.none'), '(s1)|(s1)|', 'whom complete people leave out is gone, whatever is said of their roles');
ROLLBACK TO roles;
SELECT test.delta('users.csv');
DELETE FROM test.sis_role WHERE id = 'r2';
UPDATE test.sis_role SET org = 's2' WHERE id = 'r3';
SELECT test.sync();
SELECT is(test.roles('bob') || '|' || test.roles('cyd') || '|' || test.findings('role.none'), 'student@s1|student@s2|bob', 'complete roles with a delta of users');
ROLLBACK TO roles;
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.role('r1', 'ann', 'student', 's2'), test.role('r1', 'ann', 'student', 's1'), test.bad('role', 'r2'), test.gone('role', 'r2'),
       test.role('r5', 'hal', 'guardian', 's2'), test.role('r5', 'bob', 'student', 's2');
SELECT test.sync();
SELECT is(test.schools('ann') || test.schools('bob') || '|' || test.roles('hal') || '|' || test.findings('record.duplicate'), 's1s1|guardian@s1|r1 r5', 'rows that differ, and those that cannot be used, change nobody');
ROLLBACK TO roles;
-- what cannot be used is of another kind, on the same line or of the same id
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.student('ann', 'Anna', 'Ash'), test.bad('person', 'ann'), test.role('r2', 'bob', 'student', 's2');
SELECT test.sync();
SELECT is(test.roles('bob'), 'student@s2', 'a row of roles.csv stands on the line of a person who cannot be used');
ROLLBACK TO roles;
INSERT INTO test.sis_role VALUES (test.d(), 'r10', 'bob', 'student', 's2');
SELECT test.sync();
DELETE FROM test.sis_role WHERE id = 'r2';
SELECT test.bad('class', 'bob');
SELECT test.sync();
SELECT is((SELECT string_agg(sourced_id, ' ') FROM sis.role WHERE district_id = test.d() AND person = 'bob'), 'r10', 'and a class that cannot be used has the id of a person');
ROLLBACK TO roles;
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.role('r7', 'ann', 'student', 's2'), test.role('r8', 'bob', 'student', 's2'), test.bad('role', NULL), test.gone('role', 'r1'), test.gone('role', 'r2');
SELECT test.sync();
SELECT is(test.schools('ann') || '|' || test.schools('bob'), 's1 s2|s1 s2', 'with an id that cannot be read no role is taken away');
ROLLBACK TO roles;
INSERT INTO test.sis_absent VALUES (test.d(), 'roles.csv');
SELECT test.delta('users.csv');
SELECT test.student('ann', 'Anna', 'Ash', agents => '{gus}');
SELECT test.sync();
SELECT is((SELECT given_name FROM sis.person WHERE sourced_id = 'ann') || test.schools('ann'), 'Annas1', 'roles.csv may be absent beside a delta');
ROLLBACK TO roles;
UPDATE test.sis_role SET org = 's2' WHERE id = 'r1';
DELETE FROM test.sis_role WHERE id = 'r4';
SELECT test.bad('person', 'gus');
SELECT test.sync();
SELECT is(test.roles('ann') || '|' || (SELECT string_agg(sourced_id, ' ' ORDER BY sourced_id) FROM sis.role WHERE district_id = test.d() AND person IN ('ann', 'gus')) || '|' || test.guardians('ann'),
          'student@s2|r1 r4|gus', 'complete files keep the rows of whom they cannot be used for');
ROLLBACK TO roles;
SELECT test.delta('roles.csv');
SELECT test.sync();
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.sync();
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = test.d() AND run_id = (SELECT max(run_id) FROM rosterd.run)), 0::bigint, 'nothing said, nothing changed');
SELECT is((SELECT count(*) FROM sis.role WHERE district_id = test.d()), 6::bigint, 'the rows are still there');

SELECT * FROM finish();
ROLLBACK;
