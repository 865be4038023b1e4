-- Where two rules meet: classrooms that end, leave and are pinned, and who people are.
BEGIN;
\ir lib.sql
SELECT plan(5);
SELECT test.district();
SELECT test.setting('abandoned_classrooms', 'disconnect');
SELECT test.class('c' || n, 'Class ' || n) FROM generate_series(1, 6) n;
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c' || n, 'ann', end_date => CASE WHEN n IN (3, 4, 5) THEN '2099-01-01' END) FROM generate_series(1, 6) n;
SELECT test.enroll('c5', 'bob'), test.enroll('c6', 'bob', end_date => '2099-01-01');
-- A student who is a guardian too, and a guardian of the same address.
SELECT test.user('eve', '{student,guardian}', 'Eve', 'Elm', email => 'home@example.org', agents => '{ann}'), test.guardian('gus', 'Gus', 'Ash', '{bob}', email => 'home@example.org');
SELECT test.sync();
-- rule: CRED-6
SELECT is(concat_ws('|', test.credentials('eve'), test.credentials('gus')), '|', 'a student who is a guardian has no less claim to an address than another guardian');
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c1'), 'asked');
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE classroom_id IN (test.classroom('c2'), test.classroom('c6'));
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) VALUES (test.d(), test.classroom('c4'), test.person('tea'), 'teacher', false, true);
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('tea'), test.school('s1'), 'school_leader', false, true);
SELECT test.drop_class('c1'), test.drop_class('c2'), test.drop_enroll('c5', 'bob');
SELECT test.enroll('c' || n, 'ann', end_date => '2020-06-01') FROM generate_series(3, 5) n;
SELECT test.enroll('c6', 'bob', end_date => '2020-06-01');
SELECT test.sync();
CREATE FUNCTION pg_temp.room(p_class text) RETURNS text LANGUAGE sql AS
    $$ SELECT concat_ws(' ', c.state, c.archived_by, CASE WHEN c.synced THEN 'synced' END) FROM directory.classroom c WHERE c.district_id = test.d() AND c.sourced_id = p_class $$;
-- rule: CLS-10
SELECT is(concat_ws(', ', pg_temp.room('c3'), pg_temp.room('c4')), 'archived ended synced, archived ended synced', 'a teacher put in by hand keeps no classroom from ending');
SELECT is(pg_temp.room('c5'), 'archived ended synced', 'nor does a student whom the file takes out that night');
-- rule: CLS-7
SELECT is(concat_ws(', ', pg_temp.room('c1'), pg_temp.room('c2')), 'active synced, archived hand synced', 'neither a pinned classroom nor an archived one is disconnected when its class leaves');
-- rule: CLS-9
SELECT is(pg_temp.room('c6'), 'archived hand synced', 'one archived by hand stays so while some of its students go on and others have ended');
SELECT * FROM finish();
ROLLBACK;
