-- A district with something of everything, planned while other slots hold what could be taken for its own.
BEGIN;
\ir lib.sql
\ir libslots.sql
SELECT plan(8);
SELECT test.district();
SELECT test.setting('merge_duplicate_guardians', 'true'), test.setting('abandoned_classrooms', 'disconnect');
SELECT test.org('s2', 'School 2'), test.session('y', '2020-01-01', '2099-01-01');
SELECT test.class('c' || n, 'Class ' || n, CASE WHEN n = 4 THEN 's2' ELSE 's1' END, terms => '{y}') FROM generate_series(1, 6) n;
SELECT test.student('a' || n, 'Stu' || n, 'Ash', email => 'a' || n || '@s.example', schools => CASE WHEN n = 8 THEN '{s1,s2}'::text[] ELSE '{s1}' END) FROM generate_series(1, 9) n;
SELECT test.enroll('c1', 'a' || n), test.enroll('c2', 'a' || n) FROM generate_series(1, 9) n;
SELECT test.enroll('c3', 'a1'), test.enroll('c4', 'a8'), test.enroll('c5', 'a2'), test.enroll('c6', 'a3', end_date => '2098-01-01');
SELECT test.teacher('t1', 'Tia', 'Teal', 't1@example.org'), test.teacher('t2', 'Tom', 'Teal', NULL, '{s1,s2}'), test.teacher('t3', 'Tim', 'Teal', 'g9@example.org');
SELECT test.enroll('c' || n, 't1', 'teacher'), test.enroll('c' || n, 't2', 'teacher') FROM generate_series(1, 5) n;
SELECT test.guardian('g1', 'Gia', 'Ash', '{a1}', email => 'gia@example.org'), test.guardian('g2', 'Gia', 'Ash', '{a2}', email => 'gia@example.org'),
       test.guardian('g3', 'Gus', 'Ash', '{a3}', email => 'shared@example.org'), test.guardian('g4', 'Gil', 'Ash', '{a4}', email => 'shared@example.org', sms => '+12125550104'),
       test.guardian('g5', 'Gem', 'Ash', '{a5}', email => 'g5@example.org', phone => '+12125550105'), test.guardian('g6', 'Guy', 'Ash', '{a6}'),
       test.guardian('g7', 'Ged', 'Ash', '{a7,a8}', email => 'g7@example.org'), test.guardian('g8', 'Gen', 'Ash', '{a8}', email => 'g8@example.org', sms => '+12125550108'),
       test.guardian('g9', 'Tim', 'Teal', '{a9}', email => 'g9@example.org'), test.guardian('h1', 'Hal', 'Ash', '{a1,a9}', email => 'h1@example.org'),
       test.student('x1', 'Xen', 'Yew'), test.enroll('c1', 'x1'), test.enroll('c3', 'x1'), test.guardian('x2', 'Xia', 'Yew', '{x1}', email => 'x2@example.org'),
       test.guardian('h2', 'Hue', 'Ash', '{a6}', invalid => 'email');
-- rule: SAFE-8
SELECT lives_ok('SELECT test.sync()', 'a district comes in beside others');
SELECT is(concat_ws('|', test.members('c1'), test.guardians('a1'), test.guardians('a4'), test.guardians('a8'), test.findings()),
          'a1 a2 a3 a4 a5 a6 a7 a8 a9 t1* t2* x1|g1 h1|g4|g7 g8|g3:guardian.shared g4:guardian.contested g6:guardian.none g9:guardian.held h2:guardian.invalid t2:teacher.no_email', 'as it says');
-- Things done by hand.
SELECT test.accept('g1'), test.accept('t1'), test.accept('g7'), test.accept('h1');
SELECT test.person('h1') AS h1, test.person('g5') AS g5, test.person('a5') AS a5, test.classroom('c5') AS c5 \gset
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, claim_manual) VALUES (test.d(), test.person('a5'), :h1, false, true), (test.d(), test.person('a3'), test.person('g5'), false, true);
UPDATE directory.relationship SET claim_manual = true WHERE district_id = test.d() AND guardian_id IN (test.person('g8'), test.person('g1'));
INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) SELECT test.d(), test.school(s), 'Club ' || s, false FROM unnest('{s1,s2}'::text[]) s;
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
SELECT c.district_id, c.classroom_id, p, CASE WHEN p = test.person('t2') THEN 'teacher' ELSE 'student' END, false, true
FROM directory.classroom c CROSS JOIN unnest(ARRAY[test.person('a8'), test.person('t2')]) p WHERE c.district_id = test.d() AND c.sourced_id IS NULL;
UPDATE directory.membership SET claim_manual = true WHERE district_id = test.d() AND person_id IN (test.person('a6'), test.person('a2')) AND classroom_id IN (test.classroom('c1'), test.classroom('c2'));
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('t1'), test.school('s1'), 'school_leader', false, true);
SELECT rosterd.pin(test.d(), 'person', test.person('g5'), 'asked'), rosterd.pin(test.d(), 'person', test.person('a7'), 'asked'), rosterd.pin(test.d(), 'classroom', test.classroom('c5'), 'asked');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT lives_ok('SELECT test.sync(p_file => false)', 'what was done by hand is taken up beside others');
-- A night on which much goes.
SELECT test.setting('abandonment', 'extreme'), test.setting('update_active_users', 'true');
SELECT test.drop_org('s2'), test.drop_class('c3'), test.drop_class('c5'), test.drop_person('a1'), test.drop_person('g1'), test.drop_person('a7'), test.drop_person('g5'), test.drop_person('t1'), test.drop_person('x1'), test.drop_person('x2'), test.drop_enroll('c2', 'a2');
SELECT test.enroll('c6', 'a3', end_date => '2020-06-01'), test.class('c2', 'Class two', terms => '{y}'), test.class('c4', 'Class 4', 's1', terms => '{y}');
SELECT test.student('a8', 'Stu8', 'Oak'), test.student('b1', 'New', 'Ash'), test.enroll('c1', 'b1'), test.guardian('g8', 'Gen', 'Ash', '{}', email => 'g8@example.org'), test.guardian('n1', 'New', 'Ash', '{b1}', email => 'n1@example.org'),
       test.guardian('g7', 'Ged', 'Oak', '{a8}', email => 'g7new@example.org'), test.guardian('h1', 'Hal', 'Ash', '{a9}', email => 'g8@example.org'), test.guardian('g4', 'Gil', 'Ash', '{a4}', email => 'g4@example.org');
SELECT lives_ok('SELECT test.sync()', 'much goes beside others');
SELECT is(concat_ws('|', test.members('c1'), test.members('c2'), test.members('c4'), test.guardians('a3'), test.guardians('a5'), test.guardians('a8'), test.schools('a1'), test.schools('a7'), test.schools('x1'), test.findings()),
          'a2 a3 a4 a5 a6 a7 a8 a9 b1 t2*|a2 a3 a4 a5 a6 a7 a8 a9 t2*|a8 t2*|g3 g5|g5 h1|g7|(s1)|s1|[s1]|a7:pin.keeps c5:pin.keeps g5:pin.keeps g6:guardian.none g9:guardian.held h2:guardian.invalid t2:teacher.no_email', 'as it says');
-- A night on which it comes back.
SELECT test.org('s2', 'School 2'), test.class('c3', 'Class 3'), test.class('c5', 'Class 5', 's2'), test.student('a1', 'Stu1', 'Ash'), test.student('a7', 'Stu7', 'Ash'), test.teacher('t1', 'Tia', 'Teal', 't1@example.org');
SELECT test.enroll('c3', 'a1'), test.enroll('c5', 'a7'), test.enroll('c1', 'a1'), test.enroll('c1', 't1', 'teacher'), test.enroll('c6', 'a3', end_date => '2098-01-01'), test.drop_enroll('c1', 'a4'), test.drop_person('h1');
SELECT test.setting('abandonment', 'soft'), test.setting('merge_duplicate_guardians', 'false');
SELECT lives_ok('SELECT test.sync()', 'it comes back beside others');
SELECT is(concat_ws('|', test.members('c1'), test.members('c3'), test.members('c6'), test.schools('a1'), test.schools('a7'), test.guardians('a9'), test.guardians('a2')), 'a1 a2 a3 a5 a6 a7 a8 a9 b1 t1* t2*|a1 t1* t2*|a3|s1|s1 s2||g1', 'as it says');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT lives_ok('SELECT test.sync(p_file => false)', 'and all is judged again beside others');
SELECT * FROM finish();
ROLLBACK;
