-- What the first run of a district is counted as, and what it must not take for something known.
BEGIN;
\ir lib.sql
SELECT plan(7);
SELECT test.district();
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.class('c1', 'Class 1');

-- rule: IN-7
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch');
SELECT test.user('tea', '{teacher,guardian}', 'Tea', 'Cher', 'tea@example.org', agents => '{ann}');
SELECT test.guardian('gil', 'Gil Max', 'Ash', '{ann}', 'gil@example.org'), test.guardian('gus', ' GIL  MAX', U&'\00A0ash', '{bob}', 'gil@example.org'),
       test.guardian('hal', 'Hal', 'Birch', '{bob}', 'hal@example.org', '+12025550101'), test.guardian('ida', 'Ida', 'Birch', '{bob}', NULL, '+12025550101');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c1', 'nobody'), test.enroll('no class', 'bob');
SELECT test.sync() AS run \gset
SELECT is((SELECT concat_ws(' ', counts #>> '{students,added}', counts #>> '{teachers,added}', counts #>> '{guardians,added}', counts ->> 'refused_guardians')
           FROM rosterd.run WHERE run_id = :run), '2 1 2 1', 'each person is counted once: as a student, a teacher or a guardian');

-- rule: CRED-7
SELECT is(test.person('gil'), test.person('gus'), 'two records of one guardian are one person, however the name is spaced and written');

-- rule: CRED-1
SELECT is(test.credentials('hal') || '|' || coalesce(test.person('ida')::text, 'not added'), 'hal@example.org|not added', 'nobody gets a number that two claim');

-- rule: SAFE-1
SELECT is((SELECT string_agg(m.sourced_id, ' ' ORDER BY m.sourced_id) FROM sis.enrollment m WHERE m.district_id = test.d() AND (m.person = 'nobody' OR m.class = 'no class')),
          NULL, 'an enrollment that names nobody, or no class, is not in the mirror');
SELECT is((SELECT string_agg(f.code, ' ' ORDER BY f.code) FROM rosterd.finding f WHERE f.run_id = :run AND f.code LIKE 'enrollment.%'),
          'enrollment.class enrollment.person', 'each is a finding');
SELECT is(test.members('c1'), 'ann tea*', 'and in no classroom');

-- rule: CRED-9
SELECT test.begin_run() AS run \gset
SELECT test.plan(:run);
SELECT is((SELECT count(*) FROM sync.plan_person p), 0::bigint, 'the same again is nobody new and nobody else');
SELECT * FROM finish();
ROLLBACK;
