-- Who left the SIS, and who came back.
BEGIN;
\ir lib.sql
SELECT plan(43);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('act', 'Active'), test.class('arc', 'Archived'), test.class('two', 'At two', 's2');
SELECT test.student('ann', 'Ann', 'Ash', email => 'ann@example.org'), test.student('sis', 'Sis', 'Ash', schools => '{s2}'), test.student('bob', 'Bob', 'Birch');
SELECT test.guardian('mum', 'Mum', 'Ash', '{ann,sis}', email => 'mum@example.org'), test.guardian('dad', 'Dad', 'Ash', '{ann}', email => 'dad@example.org'),
       test.guardian('bop', 'Bop', 'Birch', '{bob}', email => 'bop@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll(c, p) FROM unnest(ARRAY['act', 'arc']) c CROSS JOIN unnest(ARRAY['ann', 'bob']) p;
SELECT test.enroll('act', 'tea', 'teacher'), test.enroll('arc', 'tea', 'teacher'), test.enroll('two', 'sis');
SELECT test.sync();
SELECT test.drop_class('arc');
SELECT test.sync();
INSERT INTO directory.backpack_item (district_id, classroom_id, student_id, title) VALUES (test.d(), test.classroom('arc'), test.person('ann'), 'Drawing');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    VALUES (test.d(), test.classroom('two'), test.person('tea'), 'teacher', false, true);
INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) VALUES (test.d(), test.school('s1'), 'Chess', false);
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    SELECT test.d(), classroom_id, test.person('ann'), 'student', false, true FROM directory.classroom WHERE edited_name = 'Chess';
CREATE FUNCTION pg_temp.chess() RETURNS bigint LANGUAGE sql AS
    $$ SELECT count(*) FROM directory.member m JOIN directory.classroom c USING (district_id, classroom_id) WHERE c.edited_name = 'Chess' $$;
CREATE FUNCTION pg_temp.reaches(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(DISTINCT s.sourced_id, ' ' ORDER BY s.sourced_id), '') FROM directory.school s
    WHERE s.district_id = test.d() AND api.can_access_school(test.d(), test.person(p_person), s.school_id) $$;

-- rule: ABN-1
SELECT test.setting('abandonment', 'extreme');
SELECT test.drop_person('bob');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.guardians('bob'), '(s1)|bop', 'a student gone while a guardian is live is archived, in either mode');
SELECT is(test.members('arc') || '|' || test.members('act'), 'ann bob tea*|ann tea*', 'out of active classrooms, in the archived ones');
SELECT is(pg_temp.reaches('bop') || test.invitations('bop'), '', 'the guardian is connected to nothing');
SELECT is(test.credentials('bop'), 'bop@example.org', 'and keeps the credential');
SELECT test.setting('abandonment', 'soft');
SELECT test.student('bob', 'Bob', 'Birch');
SELECT test.enroll('act', 'bob');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.invitations('bop'), 's1|bop@example.org', 'and both are back when the student is');

-- rule: ABN-S1
SELECT test.drop_person('ann'), test.drop_person('dad'), test.drop_person('mum');
SELECT test.student('sis', 'Sis', 'Ash', schools => '{s2}', agents => '{}');
SELECT test.guardian('mum', 'Mum', 'Ash', '{sis}', email => 'mum@example.org');
SELECT test.sync();
SELECT is(test.members('act') || '|' || pg_temp.chess(), 'bob tea*|0', 'the family leaves its active classrooms, by hand or not');
SELECT is(test.members('arc'), 'ann bob tea*', 'and stays in the archived ones');
SELECT ok((SELECT suspended FROM directory.membership WHERE person_id = test.person('ann') AND claim_manual), 'manual claims are suspended, not lost');

-- rule: ABN-S2
SELECT is(test.schools('ann'), '(s1)', 'the student is archived');
SELECT is((SELECT count(*) FROM api.school_directory(test.d(), test.school('s1'), 'active') WHERE student_id = test.person('ann'))
       || ' ' || (SELECT count(*) FROM api.school_directory(test.d(), test.school('s1'), 'archived') WHERE student_id = test.person('ann'))
       || ' ' || (SELECT count(*) FROM api.school_directory(test.d(), test.school('s1'), 'all') WHERE student_id = test.person('ann')),
          '0 1 1', 'found under Archived and All, not under Active');
SELECT is((SELECT jsonb_array_length(guardians) FROM api.school_directory(test.d(), test.school('s1'), 'archived') WHERE student_id = test.person('ann')),
          2, 'with the parents beside them');

-- rule: ABN-S3
SELECT is((SELECT count(*) FROM directory.backpack_item WHERE student_id = test.person('ann')), 1::bigint, 'the backpack of the archived classroom lives on');
SELECT is((SELECT count(*) FROM api.visible_backpack(test.d(), test.person('mum'), test.person('ann'))), 1::bigint, 'and is seen');

-- rule: ABN-S4
SELECT is(test.guardians('ann'), 'dad mum', 'the guardians still have the student');
SELECT is(api.can_access_student(test.d(), test.person('dad'), test.person('ann')), true, 'and reach them');
SELECT is(pg_temp.reaches('dad') || '|' || (SELECT count(*) FROM api.visible_classrooms(test.d(), test.person('dad'))), '|0', 'but neither the school nor its classrooms');
SELECT is(pg_temp.reaches('mum'), 's2', 'one with another connected student stays connected through that one');
SELECT is(test.invitations('mum') || '|' || test.invitations('dad'), 'mum@example.org|', 'and invited');

-- rule: ABN-S5
SELECT ok(NOT EXISTS (SELECT FROM api.audience(test.d(), test.school('s1')) WHERE person_id IN (test.person('ann'), test.person('dad'), test.person('mum')))
          AND NOT EXISTS (SELECT FROM api.audience(test.d(), NULL) WHERE person_id IN (test.person('ann'), test.person('dad'))), 'they are in no audience');
SELECT ok(EXISTS (SELECT FROM api.audience(test.d(), NULL) WHERE person_id = test.person('mum')), 'who has another student is, through that one');

-- rule: ABN-2
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('tea'), test.school('s2'), 'school_leader', false, true);
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('tea'));
SELECT test.drop_person('tea');
SELECT test.sync();
SELECT is(test.members('act') || '|' || test.members('arc'), 'bob|ann bob tea*', 'a teacher gone loses the active classrooms, not the archived ones');
SELECT is((SELECT string_agg(role, ' ') FROM directory.role WHERE person_id = test.person('tea')), 'school_leader', 'and the school; other roles stay');
SELECT isnt(test.person('tea'), NULL, 'the account stays');
SELECT is(test.members('two'), 'sis tea*', 'and classrooms of a school they lead');

-- rule: ABN-B1
CREATE TEMP TABLE was AS SELECT test.person('ann') AS ann, test.person('dad') AS dad, test.person('tea') AS tea;
SELECT test.student('ann', 'Ann', 'Ash', email => 'ann@example.org'), test.guardian('mum', 'Mum', 'Ash', '{ann,sis}', email => 'mum@example.org'),
       test.guardian('dad', 'Dad', 'Ash', '{ann}', email => 'dad@example.org'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('act', 'ann'), test.enroll('act', 'tea', 'teacher');
SELECT test.sync();
SELECT is(test.members('act') || '|' || pg_temp.chess(), 'ann bob tea*|1', 'back: rosters as enrolled, and manual ones again');
SELECT is(test.schools('ann') || '|' || test.guardians('ann'), 's1|dad mum', 'unarchived and reconnected');
SELECT ok((SELECT (ann, dad, tea) = (test.person('ann'), test.person('dad'), test.person('tea')) FROM was), 'the same accounts');
SELECT is(test.invitations('dad'), 'dad@example.org', 'invited again');
SELECT test.drop_person('ann'), test.drop_person('dad'), test.drop_person('bob');
SELECT test.sync();
SELECT test.student('ann', 'Zoe', 'Other'), test.student('bob', 'BOB ', 'birch'), test.guardian('dad', 'Daddy', 'Ash', '{}', email => 'dad@example.org');
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), 'ann', 'an id that returns with another name and no shared credential is a finding');
SELECT is(test.schools('ann') || '|' || test.schools('bob'), '(s1)|s1', 'and not restored; the same name in other letters is the same');
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT test.student('ann', 'Zoe', 'Other', email => 'ann@example.org');
SELECT test.sync();
SELECT is(test.schools('ann') || test.findings('person.id_reused'), 's1', 'another name with a credential in common is restored');
SELECT is((SELECT given_name FROM directory.person WHERE person_id = test.person('ann')), 'Zoe', 'under the new name');
SELECT test.user('sib', '{student}', 'Sib', 'Ling', phone => '+12125550155');
SELECT test.sync();
SELECT test.drop_person('sib');
SELECT test.sync();
SELECT test.user('sib', '{student}', 'Other', 'Child', phone => '+12125550155');
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), 'sib', 'a student''s home number is no credential: siblings share it');
SELECT test.drop_person('sib');
SELECT test.guardian('kin ' || r, 'Kin', 'Of ' || r, '{bob}', sms => '+1212555016' || n, role => r) FROM unnest('{guardian,parent,relative}'::text[]) WITH ORDINALITY AS x (r, n);
SELECT test.sync();
SELECT test.drop_person('kin ' || r) FROM unnest('{guardian,parent,relative}'::text[]) r;
SELECT test.sync();
SELECT test.guardian('kin ' || r, 'Kim', 'Of ' || r, '{bob}', sms => '+1212555016' || n, role => r) FROM unnest('{guardian,parent,relative}'::text[]) WITH ORDINALITY AS x (r, n);
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), '', 'a guardian''s own is, whatever they are called');

-- a family that was never complete: no guardians at all
SELECT test.student('lon', 'Lon', 'Ely');
SELECT test.sync();
SELECT test.drop_person('lon');
SELECT test.sync();
SELECT is(test.schools('lon'), '(s1)', 'a student without guardians is archived at once');
-- a lost school
SELECT test.drop_org('s2');
SELECT test.sync();
SELECT is((SELECT archived FROM directory.school WHERE school_id = test.school('s2')), true, 'a school that leaves is archived');
SELECT is(test.schools('sis'), '(s2)', 'its students are archived there');
SELECT is((SELECT state || ' ' || archived_by FROM directory.classroom WHERE classroom_id = test.classroom('two')), 'archived sis', 'its synced classrooms too');
SELECT test.org('s2', 'School 2');
SELECT test.sync();
SELECT is(test.schools('sis') || ' ' || (SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('two')) || ' ' || test.members('two'),
          's2 active sis tea*', 'and all of it returns with the school');
-- where classrooms go on by hand, there is still no school to go on at
INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) VALUES (test.d(), test.school('s2'), 'Club', false);
SELECT test.setting('abandoned_classrooms', 'disconnect'), test.setting('unarchive_reappearing', 'false');
SELECT test.drop_org('s2');
SELECT test.sync();
SELECT is((SELECT string_agg(name || ' ' || state || ' ' || archived_by, ', ' ORDER BY name) FROM directory.classroom WHERE school_id = test.school('s2')),
          'At two archived school, Club archived school', 'a lost school''s classrooms are archived with it, whatever the setting');
SELECT ok(test.settled(), 'in that run');
SELECT test.org('s2', 'School 2');
SELECT test.sync();
SELECT is((SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM directory.classroom WHERE school_id = test.school('s2')) || ' ' || test.members('two'),
          'At two active, Club active sis tea*', 'and return with it');
SELECT ok(test.settled() AND (SELECT synced FROM directory.classroom WHERE classroom_id = test.classroom('two')), 'the synced one synced');
SELECT * FROM finish();
ROLLBACK;
