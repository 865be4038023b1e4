-- What the next syncs make of manual acts.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir lib.sql
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim@example.org'), test.teacher('tea', 'Tea', 'Teal', 'tea@example.org');
SELECT test.student('ann', 'Ann', 'Ash', 'ann@example.org'), test.student('bob', 'Bob', 'Birch'), test.student('cat', 'Cat', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', agents => '{ann}', email => 'gus@example.org');
SELECT test.guardian('gia', 'Gia', 'Birch', agents => '{bob}', email => 'gia@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tim', 'teacher');
SELECT test.sync();
CREATE TABLE test.made (name text PRIMARY KEY, id bigint);
CREATE FUNCTION test.id(p_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT coalesce(test.person(p_name), (SELECT id FROM test.made WHERE name = p_name)) $$;
INSERT INTO test.made SELECT 'lea', rosterd.appoint_leader(test.d(), test.school('s1'), 'Lea', 'Lead', 'lea@example.org');
SELECT rosterd.grant_users_manager(test.d(), test.id('lea'));
SELECT api.set_sis_rostering(test.d(), test.id('lea'), test.school('s1'), true);
CREATE FUNCTION test.named(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT given_name || ' ' || family_name FROM directory.person WHERE district_id = test.d() AND person_id = test.id(p_person) $$;
CREATE FUNCTION test.edit(p_person text, p_given text, p_email text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT api.edit_person(test.d(), test.id('lea'), test.id(p_person), p_given, NULL, p_email, NULL, NULL) $$;
CREATE FUNCTION test.pair(p_student text, p_guardian text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM directory.guardianship WHERE district_id = test.d() AND student_id = test.id(p_student) AND guardian_id = test.id(p_guardian)) $$;
\o
SELECT plan(74);

-- rule: UPD-3
SELECT test.edit('gus', 'Gustav', 'gustav@example.org') \g /dev/null
SELECT is(test.named('gus') || ' ' || test.credentials('gus') || ' ' || test.invitations('gus'), 'Gustav Ash gustav@example.org gustav@example.org', 'an invitee is edited');
SELECT ok(sync.outstanding(test.d()), 'so the rules are due, though no file is new');
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.named('gus') || ' ' || test.credentials('gus') || ' ' || test.invitations('gus'), 'Gus Ash gus@example.org gus@example.org', 'and the next sync sets what the SIS says');
-- rule: UPD-6
SELECT ok(NOT sync.outstanding(test.d()), 'nothing is due any more');
CREATE TABLE test.before AS SELECT test.versions() AS v;
SELECT test.sync() \g /dev/null
SELECT is(test.versions(), (SELECT v FROM test.before), 'and the same data again writes nothing');

-- rule: ACC-2
SELECT is(test.accept('gus'), test.person('gus'), 'the invitation that was opened again is accepted');
SELECT api.update_account(test.d(), test.id('gus'), 'Gustavo', NULL, 'gustavo@example.org', NULL, NULL) \g /dev/null
SELECT test.guardian('gus', 'Augustus', 'Ash', agents => '{ann}', email => 'augustus@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
-- rule: UPD-4
SELECT is(test.named('gus') || ' ' || test.credentials('gus'), 'Gustavo Ash gustavo@example.org', 'an active person''s own details stay');
SELECT is(test.invitations('gus'), '', 'and they are not invited again');
SELECT ok(test.pair('ann', 'gus'), 'relationships still follow');

-- rule: STU-4
SELECT test.edit('ann', 'Annie') \g /dev/null
SELECT test.student('ann', 'Anna', 'Ash', 'ann@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.named('ann'), 'Annie Ash', 'a student''s edited name stays, whatever the SIS sends');
SELECT test.student('ann', 'Anna', 'Ashe', 'ann@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.named('ann'), 'Annie Ashe', 'the part that was not edited follows');
SELECT test.edit('ann', '') \g /dev/null
SELECT is(test.named('ann'), 'Anna Ashe', 'cleared, it is the SIS''s at once');
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.named('ann'), 'Anna Ashe', 'and stays so');

-- rule: CLS-3
SELECT api.rename_classroom(test.d(), test.id('tim'), test.classroom('c1'), 'Tim''s room') \g /dev/null
SELECT test.class('c1', 'Class One') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is((SELECT name || '/' || sis_name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'Tim''s room/Class One', 'an edited name of a classroom stays');
SELECT api.rename_classroom(test.d(), test.id('tim'), test.classroom('c1'), NULL) \g /dev/null
SELECT is((SELECT name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'Class One', 'cleared, it is the newest of the SIS');

-- rule: CLS-4
SELECT api.add_student(test.d(), test.id('tim'), test.classroom('c1'), test.id('cat')) \g /dev/null
SELECT api.add_student(test.d(), test.id('tim'), test.classroom('c1'), test.id('bob')) \g /dev/null
-- rule: CLS-5
SELECT api.add_co_teacher(test.d(), test.id('tim'), test.classroom('c1'), test.id('tea')) \g /dev/null
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.members('c1'), 'ann bob cat tea* tim*', 'members by hand survive a sync');
SELECT test.drop_enroll('c1', 'bob'), test.drop_enroll('c1', 'ann') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.members('c1'), 'bob cat tea* tim*', 'also where the SIS claim ends; who had only that leaves');
SELECT api.remove_member(test.d(), test.id('tim'), test.classroom('c1'), test.id('bob')) \g /dev/null
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.members('c1'), 'cat tea* tim*', 'taken away by hand they stay away');

-- rule: CLS-6
INSERT INTO test.made SELECT 'club', api.create_classroom(test.d(), test.id('tim'), test.school('s1'), 'Club');
SELECT api.add_student_by_name(test.d(), test.id('tim'), test.id('club'), 'Cat', 'Cedar') \g /dev/null
SELECT api.add_student(test.d(), test.id('tim'), test.id('club'), test.id('bob')) \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is((SELECT string_agg(test.name_of(person_id), ' ' ORDER BY test.name_of(person_id)) FROM directory.member WHERE classroom_id = test.id('club')), 'bob cat tim', 'a classroom by hand is left alone');

-- rule: GRD-3
INSERT INTO test.made SELECT 'nan', api.add_guardian(test.d(), test.id('lea'), test.id('ann'), 'Nan', 'Ash', 'nan@example.org', NULL, NULL);
CREATE TABLE test.code AS SELECT api.create_join_code(test.d(), test.id('tim'), test.classroom('c1')) AS code;
INSERT INTO test.made SELECT 'pop', api.join_with_code(test.d(), (SELECT code FROM test.code), 'Cat', 'Cedar', 'Pop', 'Cedar', 'pop@example.org', NULL);
CREATE TABLE test.invited AS SELECT invitation_id, secret FROM directory.invitation WHERE person_id = test.id('nan') AND state = 'open';
SELECT test.sync(p_file => false) \g /dev/null
SELECT test.sync() \g /dev/null
SELECT ok(test.pair('ann', 'nan') AND test.pair('cat', 'pop'), 'guardians by hand and by code survive every sync');
SELECT is((SELECT string_agg(value, ' ' ORDER BY value) FROM directory.credential WHERE person_id IN (test.id('nan'), test.id('pop'))), 'nan@example.org pop@example.org', 'with their credentials');
SELECT is((SELECT string_agg(invitation_id || secret, ',') FROM directory.invitation WHERE person_id = test.id('nan') AND state = 'open'),
          (SELECT string_agg(invitation_id || secret, ',') FROM test.invited), 'and the same open invitation');
-- a SIS guardian who wants what is held by hand
SELECT test.guardian('gem', 'Gem', 'Cedar', agents => '{cat}', email => 'pop@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is((SELECT person_id FROM directory.credential WHERE district_id = test.d() AND value = 'pop@example.org'), test.id('pop'), 'an active guardian''s credential is not taken by a newcomer of another name');
SELECT is(test.findings('guardian.held'), 'gem', 'who is a finding');

-- rule: GRD-1
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('ann'), test.id('nan')) \g /dev/null
SELECT test.sync(p_file => false) \g /dev/null
SELECT ok(NOT test.pair('ann', 'nan'), 'a guardian taken away by hand stays away');
SELECT is((SELECT count(*) FROM directory.invitation WHERE person_id = test.id('nan') AND state = 'open'), 0::bigint, 'and is not invited');
SELECT api.add_student(test.d(), test.id('tim'), test.classroom('c1'), test.id('ann')) \g /dev/null
SELECT throws_ok(format('SELECT api.join_with_code(%s, %L, ''Anna'', ''Ashe'', ''Nan'', ''Ash'', ''nan@example.org'', NULL)', test.d(), (SELECT code FROM test.code)), 'RS006', NULL,
                 'no code brings them back after it either');
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('bob'), test.id('gia')) \g /dev/null
SELECT ok(NOT test.pair('bob', 'gia'), 'one the SIS states goes at once');
SELECT test.sync(p_file => false) \g /dev/null
SELECT ok(test.pair('bob', 'gia'), 'and is back with the next sync, while the SIS states the pair');
-- rule: UPD-2
SELECT test.guardian('gia', 'Gia', 'Birch', agents => '{}', email => 'gia@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT ok(NOT test.pair('bob', 'gia'), 'a pair the SIS ends, ends');
SELECT api.add_student(test.d(), test.id('tim'), test.classroom('c1'), test.id('bob')) \g /dev/null
SELECT throws_ok(format('SELECT api.join_with_code(%s, %L, ''Bob'', ''Birch'', ''Gia'', ''Birch'', ''gia@example.org'', NULL)', test.d(), (SELECT code FROM test.code)), 'RS006', NULL,
                 'a code does not restore it');
SELECT throws_ok(format('SELECT api.join_with_code(%s, %L, ''Bob'', ''Birch'', ''Gia'', ''Birch'', ''gia.new@example.org'', NULL)', test.d(), (SELECT code FROM test.code)), 'RS006', NULL,
                 'nor with another address');
SELECT throws_ok(format('SELECT api.join_with_code(%s, %L, ''Bob'', ''Birch'', ''Georgia'', ''Birch'', ''gia@example.org'', NULL)', test.d(), (SELECT code FROM test.code)), 'RS006', NULL,
                 'nor under another name');
SELECT is(api.add_guardian(test.d(), test.id('lea'), test.id('bob'), 'Gia', 'Birch', 'gia@example.org', NULL, NULL), test.id('gia'), 'a leader does, and it is the same person');
SELECT test.sync() \g /dev/null
SELECT ok((SELECT count(*) FROM directory.guardianship WHERE student_id = test.id('bob')) = 1, 'and then it stays');

-- rule: UPD-2
-- Wes had been withdrawn when the SIS ended the pair, Una was never added: the directory knows no pair of theirs.
CREATE FUNCTION test.joins(p_given text, p_email text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM api.join_with_code(test.d(), (SELECT code FROM test.code), 'Dan', 'Drum', p_given, 'Drum', p_email, NULL);
    RAISE EXCEPTION USING ERRCODE = 'TTTTT';
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN 'joins';
          WHEN SQLSTATE 'RS006' THEN RETURN 'refused';
END $$;
SELECT test.student('dan', 'Dan', 'Drum'), test.enroll('c1', 'dan'),
       test.guardian('wes', 'Wes', 'Drum', agents => '{dan}', email => 'wes@example.org'),
       test.guardian('una', 'Una', 'Drum', agents => '{dan}', email => 'office@example.org'),
       test.guardian('oda', 'Oda', 'Drum', agents => '{dan}', email => 'office@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT test.guardian('wes', 'Wes', 'Drum', agents => '{dan}', email => 'office@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.joins('Wes', 'wes.new@example.org') || ' ' || test.joins('Una', 'una.new@example.org'), 'joins joins', 'guardians whom the SIS states join by a code, although nobody could invite them');
SELECT test.guardian('wes', 'Wes', 'Drum', email => 'office@example.org'), test.guardian('una', 'Una', 'Drum', email => 'una@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is((SELECT count(*) FROM directory.relationship WHERE district_id = test.d() AND student_id = test.id('dan') AND suspended), 0::bigint, 'no pair of theirs is left in the directory');
SELECT is(test.joins('Wes', 'wes.new@example.org'), 'refused', 'a code does not bring back a pair that had been withdrawn before the SIS ended it');
SELECT is(test.joins('Una', 'una.new@example.org'), 'refused', 'nor one of a guardian who was never added');
SELECT is(test.joins('Ursula', 'una@example.org'), 'refused', 'nor under another name with the address of the record');
SELECT is(test.joins('Ursula', 'ursula@example.org'), 'joins', 'somebody else joins');
SELECT test.drop_person('una') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.joins('Una', 'una.new@example.org'), 'refused', 'also when the record is gone');
-- rule: GRD-2
SELECT test.guardian('una.2', 'Una', 'Drum', agents => '{dan}') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.joins('Una', 'una.new@example.org'), 'joins', 'whom the SIS states again under another id joins');
SELECT test.drop_person('oda'), test.guardian('oda.2', 'Oda', 'Drum', agents => '{dan}', email => 'oda@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT ok(test.pair('dan', 'oda.2') AND EXISTS (SELECT FROM directory.relationship WHERE district_id = test.d() AND student_id = test.id('dan') AND guardian_id = test.id('oda') AND suspended),
          'a guardian under another id has an ended pair of the same name beside the one that counts');
SELECT is(test.joins('Oda', 'oda@example.org'), 'joins', 'and joins as who they are now');
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('dan'), test.id('oda.2')) \g /dev/null
SELECT is(test.joins('Oda', 'oda.new@example.org'), 'refused', 'not after a leader took them away, although the SIS still states the pair');
SELECT test.drop_person(p) FROM unnest(ARRAY['dan', 'wes', 'una.2', 'oda.2']) AS p \g /dev/null
SELECT test.sync() \g /dev/null

-- rule: IN-6
SELECT api.add_guardian(test.d(), test.id('lea'), test.id('bob'), 'Num', 'Birch', NULL, NULL, '+12125550123') AS num \gset
SELECT api.edit_person(test.d(), test.id('lea'), :num, NULL, NULL, NULL, '+12125550123', NULL) \g /dev/null
SELECT is((SELECT string_agg(kind || ' ' || state, ', ' ORDER BY invitation_id) FROM directory.invitation WHERE person_id = :num), 'phone closed, sms open', 'a number that is edited into one for SMS is invited anew');
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('bob'), :num) \g /dev/null

-- rule: CRED-8
-- A leader gave what the SIS gave too: of a guardian whom the SIS had, and of one whom it took over from the leader.
SELECT test.guardian('vin', 'Vin', 'Vale', agents => '{ann}', email => 'vin@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(api.add_guardian(test.d(), test.id('lea'), test.id('bob'), 'Vin', 'Vale', 'vin@example.org', NULL, NULL), test.id('vin'), 'a leader gives a guardian of the SIS another student');
INSERT INTO test.made SELECT 'val', api.add_guardian(test.d(), test.id('lea'), test.id('bob'), 'Val', 'Vale', 'val@example.org', NULL, NULL);
SELECT test.guardian('val.1', 'Val', 'Vale', agents => '{ann}', email => 'val@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.person('val.1'), test.id('val'), 'the SIS takes over one whom a leader made');
SELECT test.guardian('vin', 'Vin', 'Vale', agents => '{ann}') \g /dev/null
SELECT test.drop_person('val.1') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.invitations('vin') || ' ' || test.invitations('val.1'), 'vin@example.org val@example.org', 'what a leader gave stays when the SIS gives none any more, or has no record');
SELECT test.drop_person('vin') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.pair('bob', 'vin') || ' ' || test.pair('ann', 'vin') || ' ' || test.invitations('vin'), 'true false vin@example.org', 'so whom a leader made a guardian is still invited');
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.invitations('vin') || ' ' || test.invitations('val.1'), 'vin@example.org val@example.org', 'which stays');
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('bob'), test.id(g)) FROM unnest(ARRAY['vin', 'val']) AS g \g /dev/null

-- rule: GRD-1
SELECT test.student('jon', 'Jon', 'Junior', 'junior@example.org', schools => '{}') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.schools('jon') || test.credentials('jon'), 'junior@example.org', 'a student of no school has an address');
SELECT throws_ok(format('SELECT api.add_guardian(%s, %s, %s, ''Jon'', ''Junior'', ''junior@example.org'', NULL, NULL)', test.d(), test.id('lea'), test.id('bob')), 'RS005', NULL,
                 'and is nobody''s guardian for having the name of one');
SELECT test.drop_person('jon') \g /dev/null
SELECT test.sync() \g /dev/null

-- rule: UPD-2
-- Dad is a guardian twice, by the SIS and by a code under another address.
SELECT test.student('kay', 'Kay', 'King'), test.enroll('c1', 'kay'), test.guardian('dad', 'Dan', 'King', agents => '{kay}', email => 'dan@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
INSERT INTO test.made SELECT 'home', api.join_with_code(test.d(), (SELECT code FROM test.code), 'Kay', 'King', 'DAN', 'King', 'home@example.org', NULL);
INSERT INTO test.made SELECT 'ken', api.join_with_code(test.d(), (SELECT code FROM test.code), 'Kay', 'King', 'Ken', 'King', 'ken@example.org', NULL);
SELECT test.sync() \g /dev/null
SELECT is(test.findings('student.ended_guardian'), '', 'a guardian by hand beside one of the SIS is no finding');
SELECT test.guardian('dad', 'Dan', 'King', email => 'dan@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.pair('kay', 'dad') || ' ' || test.pair('kay', 'home') || ' ' || test.findings('student.ended_guardian'), 'false true kay', 'when the SIS ends the pair, an account of the same name that stays is one');
SELECT ok((SELECT message LIKE '%with: dad.%account ' || test.id('home') || '.%' FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND code = 'student.ended_guardian'), 'which says of whom, and which account');
SELECT test.drop_person('dad') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.findings('student.ended_guardian'), 'kay', 'also when the record is gone');
SELECT test.guardian('dad.2', 'Dan', 'King', agents => '{kay}', email => 'dan@example.org') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.findings('student.ended_guardian'), '', 'not while the SIS states a guardian of that name');
SELECT test.drop_person('dad.2') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT api.remove_guardian(test.d(), test.id('lea'), test.id('kay'), test.id('home')) \g /dev/null
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.pair('kay', 'ken') || ' ' || test.findings('student.ended_guardian'), 'true ', 'nor when a leader has taken them away; who has another name is never meant');
SELECT test.drop_person('kay') \g /dev/null
SELECT test.sync() \g /dev/null

-- rule: STU-3
SELECT is(test.invitations('ann'), '', 'a student is not invited');
SELECT api.enable_student_account(test.d(), test.id('lea'), test.id('ann')) \g /dev/null
SELECT is(test.invitations('ann'), 'ann@example.org', 'until enabled');
SELECT test.sync() \g /dev/null
SELECT is(test.invitations('ann'), 'ann@example.org', 'the sync agrees');

-- rule: CLS-9
SELECT api.archive_classroom(test.d(), test.id('lea'), test.classroom('c1')) \g /dev/null
CREATE TABLE test.roster AS SELECT test.members('c1') AS m;
SELECT test.enroll('c1', 'ann'), test.drop_person('cat') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is((SELECT state || ' ' || archived_by FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'archived hand', 'archived by hand it stays so, though the SIS has it');
SELECT is(test.members('c1'), (SELECT m FROM test.roster), 'with the roster it had');
-- rule: ABN-S4
SELECT ok(test.pair('cat', 'pop') AND NOT api.can_access_school(test.d(), test.id('pop'), test.school('s1')), 'a guardian by hand shares what happens to the family');
SELECT is((SELECT array_agg(student_id) FROM api.account_students(test.d(), test.id('pop'))), ARRAY[test.id('cat')], 'and still has the student');
SELECT api.unarchive_classroom(test.d(), test.id('lea'), test.classroom('c1')) \g /dev/null
SELECT test.sync(p_file => false) \g /dev/null
SELECT is(test.members('c1'), 'ann bob tea* tim*', 'unarchived by hand, the next sync makes the roster');
SELECT test.student('cat', 'Cat', 'Cedar') \g /dev/null
SELECT test.sync() \g /dev/null
-- rule: ABN-B1
SELECT is(test.members('c1'), 'ann bob cat tea* tim*', 'and a student who is back is in by the manual claim again');

-- rule: OFF-2
SELECT test.setting('sync_enabled', 'false') \g /dev/null
SELECT api.archive_student(test.d(), test.id('lea'), test.id('ann')) \g /dev/null
INSERT INTO test.made SELECT 'kim', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Kim', 'Kid');
SELECT is(test.schools('ann') || ' ' || test.members('c1'), '(s1) bob cat tea* tim*', 'with the sync off a leader archives and creates');
SELECT test.setting('sync_enabled', 'true') \g /dev/null
SELECT test.sync() \g /dev/null
SELECT is(test.schools('ann') || ' ' || test.members('c1'), 's1 ann bob cat tea* tim*', 'on again, who is in the SIS is as it says');
SELECT is((SELECT state FROM directory.role WHERE person_id = test.id('kim')), 'active', 'and the student by hand is left alone');
SELECT is((SELECT string_agg(value || state, ' ') FROM directory.invitation WHERE person_id = test.id('kim')), NULL, 'not invited');

-- incremental and whole agree after all of it
\o /dev/null
DROP TABLE test.before;
CREATE TABLE test.before AS SELECT test.versions() AS v;
UPDATE sis.judged SET rules_version = -1 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
\o
SELECT is(test.versions(), (SELECT v FROM test.before), 'judging the whole district again changes nothing');
SELECT * FROM finish();
ROLLBACK;
