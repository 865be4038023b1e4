-- Guardians that are one person by the district's setting, and several again.
BEGIN;
\ir lib.sql
SELECT plan(87);
-- rule_merge_whole.sql: the same, but that each run judges the whole district.
\if :{?whole}
CREATE FUNCTION test.forget_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.rules_version := 0; RETURN NEW; END $$;
CREATE TRIGGER forget_rules BEFORE INSERT OR UPDATE ON sis.judged FOR EACH ROW EXECUTE FUNCTION test.forget_rules();
\endif
SELECT test.district();
SELECT test.class('c1', 'Class 1');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Ash'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim@example.org'), test.enroll('c1', 'tim', 'teacher'), test.enroll('c1', 'ann'), test.enroll('c1', 'bob');
CREATE FUNCTION pg_temp.message(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT message FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND sourced_id = p_id $$;
CREATE FUNCTION pg_temp.students(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(test.name_of(student_id), ' ' ORDER BY test.name_of(student_id)), '') FROM directory.guardianship
    WHERE district_id = test.d() AND guardian_id = test.person(p_id) $$;
CREATE TEMP TABLE kept (name text, id bigint);
CREATE FUNCTION pg_temp.keep(p_name text) RETURNS void LANGUAGE sql AS $$ INSERT INTO pg_temp.kept SELECT p_name, test.person(p_name) $$;

-- rule: CRED-7
SELECT test.guardian('g1', 'Gia', 'Ash', '{ann}', email => 'gia@example.org'),
       test.guardian('g2', 'GIA', 'Ash ', '{bob}', email => 'gia@example.org');
SELECT test.sync();
SELECT is(coalesce(test.person('g1'), test.person('g2')), NULL, 'off: two who share are not added');
SELECT is(test.findings(), 'g1:guardian.shared g2:guardian.shared', 'and are findings');
SELECT ok(pg_temp.message('g1') LIKE '%g2 has the same name%merge_duplicate_guardians%', 'that say so');
SELECT ok(pg_temp.message('g1') !~ 'Gia|gia@', 'without a name or an address');
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.sync(p_file => false);
SELECT is(test.person('g1'), test.person('g2'), 'on: they are one person');
SELECT is(pg_temp.students('g1'), 'ann bob', 'linked to all the children');
SELECT is(test.credentials('g1') || ' ' || test.invitations('g1'), 'gia@example.org gia@example.org', 'invited once');
SELECT is((SELECT sourced_id FROM directory.person WHERE person_id = test.person('g2')), 'g1', 'who shows the first of the ids');
SELECT is(test.findings(), '', 'and no finding is left');
SELECT ok(test.settled(), 'the same again changes nothing');
-- a chain: g3 shares a number with g2, nothing with g1
SELECT test.guardian('g2', 'Gia', 'Ash', '{bob}', email => 'gia@example.org', sms => '+15550000001'),
       test.guardian('g3', 'Gia', 'Ash', '{cyd}', sms => '+15550000001');
SELECT test.sync();
SELECT is(pg_temp.students('g3'), 'ann bob cyd', 'a chain of shared credentials is one person');
SELECT is(test.credentials('g1'), '+15550000001 gia@example.org', 'with all they have');
SELECT ok(test.settled(), 'which stays');
SELECT pg_temp.keep('g1');
SELECT test.guardian('g2', 'Gia', 'Ash', '{bob}', email => 'gia@example.org');
SELECT test.sync();
SELECT isnt(test.person('g3'), test.person('g1'), 'where the chain breaks, the id gets a person of its own in that run');
SELECT is(pg_temp.students('g3') || '|' || pg_temp.students('g1'), 'cyd|ann bob', 'to whom its links move');
SELECT is(test.credentials('g3') || '|' || test.credentials('g1'), '+15550000001|gia@example.org', 'and its credential');
SELECT is(test.person('g1'), (SELECT id FROM kept), 'the others stay who they are');
SELECT ok(NOT EXISTS (SELECT FROM directory.relationship WHERE student_id = test.person('cyd') AND guardian_id = test.person('g1')),
          'a pair that moved has not ended: nothing of it is kept against them');
SELECT is((SELECT count(*) FROM audit.change WHERE relation = 'sis.person' AND rule = 'CRED-7' AND key ->> 'sourced_id' = 'g3'
           AND (before ->> 'person_id')::bigint = test.person('g1') AND (after ->> 'person_id')::bigint = test.person('g3')), 1::bigint, 'the audit says whose it was');
SELECT ok(test.settled(), 'and stays');
-- somebody of another name claims it
SELECT test.guardian('oth', 'Otto', 'Other', '{cyd}', email => 'gia@example.org');
SELECT test.sync();
SELECT is(test.person('g2'), NULL, 'as soon as another name claims it too, they are two: one keeps it, the other is not added');
SELECT is(pg_temp.students('g1') || '|' || test.guardians('bob'), 'ann|', 'and has no student any more');
SELECT is(test.findings('guardian.held'), 'g2 oth', 'with a finding');
SELECT ok(test.settled(), 'which stays');
SELECT test.guardian('oth', 'Otto', 'Other', '{cyd}', email => 'otto@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('g2'), 'ann bob', 'and one again when nobody else does, though their rows did not change');
-- their own child, and somebody else's
SELECT test.student('ann', 'Ann', 'Ash', email => 'gia@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('g2'), 'ann bob', 'a child''s copy of the address is nobody else''s claim');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('cyd', 'Cyd', 'Cedar', email => 'gia@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('g1'), 'ann', 'another family''s child is');
SELECT test.student('cyd', 'Cyd', 'Cedar'), test.teacher('tim', 'Tim', 'Teal', 'gia@example.org');
SELECT test.sync();
SELECT is(test.person('g2'), NULL, 'and so is a teacher');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim@example.org');
SELECT test.sync();
-- one who has accepted keeps what they hold, and whoever gives it keeps the account
SELECT test.guardian('g1', 'Gia', 'Ash', '{ann}', email => 'gia@example.org', sms => '+15550000002'),
       test.guardian('g2', 'Gia', 'Ash', '{bob}', email => 'gia@example.org', phone => '+15550000003');
SELECT test.sync();
SELECT test.accept('g1');
DELETE FROM kept;
SELECT pg_temp.keep('g1');
SELECT test.guardian('g1', 'Gia', 'Ash', '{ann}', email => 'gia.new@example.org');
DELETE FROM directory.credential WHERE person_id = test.person('g1') AND value IN ('+15550000002', '+15550000003');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('g1'));
SELECT test.sync();
SELECT is(test.person('g2'), (SELECT id FROM kept), 'apart: the id that gives what an active person signs in with keeps the account');
SELECT is(pg_temp.students('g2') || '|' || pg_temp.students('g1'), 'bob|ann', 'and its own links');
SELECT is((SELECT sourced_id FROM directory.person WHERE person_id = test.person('g2')), 'g2', 'under its own id');
SELECT is(test.credentials('g1') || ' ' || test.invitations('g1'), 'gia.new@example.org gia.new@example.org', 'the other is invited as somebody new');
SELECT ok(test.settled(), 'which stays');
-- two accounts that were there before; what was done by hand stays where it was done
SELECT test.student('dan', 'Dan', 'Dale'), test.student('eve', 'Eve', 'Dale');
SELECT test.guardian('h1', 'Hal', 'Dale', '{dan}', email => 'hal@example.org'), test.guardian('h2', 'Hal', 'Dale', '{eve}', sms => '+15550000004');
SELECT test.sync();
DELETE FROM kept;
SELECT pg_temp.keep('h1'), pg_temp.keep('h2');
SELECT test.guardian('h2', 'Hal', 'Dale', '{eve}', email => 'hal@example.org', sms => '+15550000004');
SELECT test.sync();
SELECT is(pg_temp.students('h2'), 'dan eve', 'two who were there before become one');
SELECT is((SELECT coalesce(sourced_id, 'none') FROM directory.person WHERE person_id = (SELECT id FROM kept WHERE name = 'h2')), 'none', 'the account left behind is nobody''s');
SELECT ok(test.settled(), 'which stays');
SELECT test.setting('merge_duplicate_guardians', 'false');
SELECT test.sync(p_file => false);
SELECT is(test.person('h1') || ' ' || test.person('h2'), (SELECT string_agg(id::text, ' ' ORDER BY name) FROM kept), 'switched off, each is who they were');
SELECT is(pg_temp.students('h1') || '|' || pg_temp.students('h2'), 'dan|eve', 'with their own children');
SELECT is(test.credentials('h1') || '|' || test.credentials('h2'), 'hal@example.org|+15550000004', 'and what is theirs alone');
SELECT is(test.findings('guardian.contested'), 'h2', 'the shared one is a finding');
SELECT ok(test.settled(), 'which stays');
-- only with a student, only of the same name
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.guardian('h2', 'Hal', 'Dale', '{}', email => 'hal@example.org', sms => '+15550000004');
SELECT test.sync();
SELECT is(pg_temp.students('h1'), 'dan', 'a guardian without a student in the directory is nobody''s duplicate');
SELECT test.guardian('h2', 'Hal', 'Dales', '{eve}', email => 'hal@example.org', sms => '+15550000004');
SELECT test.sync();
SELECT is(pg_temp.students('h1') || '|' || test.credentials('h1'), 'dan|hal@example.org', 'nor one of another name');
-- custody of one child must not cost the other, whichever record was there first
SELECT test.student('pia', 'Pia', 'Pine'), test.student('pet', 'Pet', 'Pine');
SELECT test.guardian('p1', 'Pam', 'Pine', '{pia}', email => 'pam@example.org'), test.guardian('p2', 'Pam', 'Pine', '{pet}', email => 'pam@example.org');
SELECT test.sync();
SELECT test.accept('p1');
DELETE FROM kept;
SELECT pg_temp.keep('p1');
SELECT test.guardian('p1', 'Pam', 'Pine', '{}', email => 'pam@example.org');
SELECT test.sync();
SELECT is(test.person('p2') || '|' || pg_temp.students('p2') || '|' || test.guardians('pia'), (SELECT id FROM kept) || '|pet|', 'of an active person, a record that lost its last student goes, not the one that has another');
SELECT is(test.credentials('p2') || '|' || test.findings('guardian.held'), 'pam@example.org|', 'with the address they sign in with');
SELECT ok((SELECT suspended FROM directory.relationship WHERE student_id = test.person('pia') AND guardian_id = (SELECT id FROM kept)), 'and the pair that ended is remembered');
SELECT ok(test.settled(), 'which stays');
SELECT test.guardian('p1', 'Pam', 'Pine', '{pia}', email => 'pam@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('p1'), 'pet pia', 'until the SIS states it again');
-- two who are both active stay two
SELECT test.guardian('h2', 'Hal', 'Dale', '{eve}', sms => '+15550000004');
SELECT test.sync();
SELECT test.accept('h1'), test.accept('h2');
SELECT test.guardian('h2', 'Hal', 'Dale', '{eve}', email => 'hal@example.org', sms => '+15550000004');
SELECT test.sync();
SELECT is(pg_temp.students('h1') || '|' || pg_temp.students('h2'), 'dan|eve', 'an active account is never emptied');
SELECT test.guardian('h3', 'Hal', 'Dale', '{cyd}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('h3'), 'cyd dan', 'a third joins the first of them');
SELECT ok(test.settled(), 'which stays');
-- an address that somebody of another name holds, whatever the SIS gives them
SELECT test.student('fay', 'Fay', 'Fern'), test.guardian('act', 'Act', 'Ive', '{fay}', email => 'shared@example.org');
SELECT test.sync();
SELECT test.accept('act');
SELECT test.guardian('act', 'Act', 'Ive', '{fay}', email => 'other@example.org'),
       test.guardian('i1', 'Ira', 'Fern', '{fay}', email => 'shared@example.org', sms => '+15550000011'),
       test.guardian('i2', 'Ira', 'Fern', '{cyd}', email => 'shared@example.org', sms => '+15550000012');
SELECT test.sync();
SELECT is(pg_temp.students('i1') || '|' || pg_temp.students('i2'), 'fay|cyd', 'what an active person of another name holds makes nobody one');
SELECT test.drop_person('act');
SELECT test.guardian('i1', 'Ira', 'Fern', '{fay}', email => 'ira@example.org', sms => '+15550000011'),
       test.guardian('i2', 'Ira', 'Fern', '{cyd}', email => 'ira@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('i1'), 'cyd fay', 'one by an address of their own');
-- whom somebody linked by hand stays, whatever the others give
SELECT test.accept('i1');
SELECT rosterd.link_person(test.d(), test.person('i1'), 'i1', 'the school asked them');
DELETE FROM kept;
SELECT pg_temp.keep('i1');
SELECT test.guardian('i1', 'Ira', 'Fern', '{fay}', email => 'ira.new@example.org');
DELETE FROM directory.credential WHERE person_id = test.person('i1') AND kind <> 'email';
SELECT test.sync();
SELECT is(test.person('i1'), (SELECT id FROM kept), 'apart: whom somebody linked by hand keeps the account');
SELECT ok(test.settled(), 'which stays');
-- a pair that ended before its student left: nobody gets the student's pages by a merge, nor by coming apart again
-- rule: UPD-2
-- rule: UPD-6
CREATE FUNCTION pg_temp.take_away(p_guardian text, p_student text) RETURNS void LANGUAGE sql AS $$
    SELECT api.remove_guardian(test.d(), (SELECT person_id FROM directory.role WHERE district_id = test.d() AND role = 'district_leader'),
                               test.person(p_student), test.person(p_guardian)) $$;
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@leader.example');
SELECT test.student('sue', 'Sue', 'Moor'), test.student('tam', 'Tam', 'Moor'),
       test.guardian('m1', 'Mia', 'Moor', '{sue,tam}', email => 'mia@example.org'), test.guardian('m2', 'Mia', 'Moor', '{sue}', email => 'mia.moor@example.org');
SELECT test.sync();
SELECT pg_temp.take_away('m1', 'sue'), test.drop_person('sue');
SELECT test.sync();
SELECT is(pg_temp.students('m1') || '|' || pg_temp.students('m2'), 'tam|sue', 'two people, one of whom a leader has taken away from a student who left');
SELECT test.guardian('m2', 'Mia', 'Moor', '{sue}', email => 'mia@example.org');
SELECT test.sync();
SELECT is(test.person('m1') = test.person('m2') AND pg_temp.students('m1') = 'tam', true, 'they become one, who does not get the student back');
INSERT INTO test.sis_digest VALUES (test.d(), false);
SELECT ok(test.settled(), 'and stay one');
SELECT isnt((SELECT digest FROM sis.judged WHERE district_id = test.d()), NULL, 'what the file said is known by its digest');
SELECT test.guardian('m2', 'Mia', 'Moor', '{sue}', email => 'mia.moor@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('m2'), '', 'apart again, the other one has nobody');
SELECT is((SELECT digest FROM sis.judged WHERE district_id = test.d()), NULL, 'and the next file is read whole');
DELETE FROM test.sis_digest;
SELECT ok(test.settled(), 'which stays');
SELECT test.student('sue', 'Sue', 'Moor');
SELECT test.sync();
SELECT is(pg_temp.students('m1') || '|' || pg_temp.students('m2'), 'sue tam|sue', 'until the student is back and the SIS says so');
-- the same by way of an account that is kept because it is active
SELECT test.student('una', 'Una', 'North'), test.student('vic', 'Vic', 'North'),
       test.guardian('n1', 'Ned', 'North', '{una,vic}', email => 'ned@example.org'), test.guardian('n2', 'Ned', 'North', '{vic}', email => 'north@example.org');
SELECT test.sync();
SELECT test.accept('n2');
SELECT pg_temp.take_away('n1', 'una'), test.drop_person('una');
SELECT test.guardian('n1', 'Ned', 'North', '{una,vic}', email => 'ned@example.org', sms => '+15550000021'),
       test.guardian('n2', 'Ned', 'North', '{vic}', email => 'north@example.org', sms => '+15550000021');
SELECT test.sync();
SELECT is(test.person('n1'), test.person('n2'), 'one that moves to an active account');
SELECT is(pg_temp.students('n2'), 'vic', 'does not bring along whom a leader had taken from it');
SELECT ok(test.settled(), 'which stays');
-- rule: CRED-8
-- A pair of a guardian by hand moves with a record that comes apart: by hand they have the student still, so nobody else is lost.
SELECT test.student('wim', 'Wim', 'Poole'), test.student('xia', 'Xia', 'Poole');
SELECT test.sync();
SELECT api.add_guardian(test.d(), (SELECT person_id FROM directory.role WHERE district_id = test.d() AND role = 'district_leader'),
                        test.person('wim'), 'Pat', 'Poole', 'pat@example.org', NULL, NULL) AS pat \gset
SELECT test.guardian('y1', 'Pat', 'Poole', '{xia}', email => 'pat@example.org');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), :pat, 'y1', 'the same');
SELECT test.sync();
SELECT test.guardian('y2', 'Pat', 'Poole', '{wim}', email => 'pat@example.org'), test.teacher('y3', 'Pat', 'Poole', 'pat@example.org');
SELECT test.sync();
SELECT is(concat_ws(' ', test.person('y1') = :pat, test.person('y2') = :pat, test.person('y3') = :pat, pg_temp.students('y1')), 't t f wim xia',
          'a guardian by hand who is two records, and has no address that a teacher does not hold');
SELECT test.student('yan', 'Yan', 'Young', 'pat@example.org');
SELECT test.sync();
SELECT is(concat_ws(' ', test.person('y1') = :pat, test.person('y2') = :pat, pg_temp.students('y1')), 't wim xia', 'apart, they keep both students');
SELECT ok(test.settled(), 'which stays');
-- rule: CRED-7
-- An address that somebody of another name has given up tomorrow is theirs no more, whoever else is active.
SELECT test.student('zak', 'Zak', 'Quinn'), test.guardian('q0', 'Quy', 'Quinn', '{zak}', email => 'quinn@example.org');
SELECT test.sync();
SELECT test.guardian('q0', 'Quy', 'Quinn', '{zak}', email => 'quy@example.org'), test.guardian('q1', 'Quin', 'Quinn', '{zak}', email => 'quinn@example.org'),
       test.guardian('q2', 'Quin', 'Quinn', '{zak}', email => 'quinn@example.org');
SELECT test.sync();
SELECT is(concat_ws(' ', test.person('q1') = test.person('q2'), test.person('q0') <> test.person('q1'), test.credentials('q1')), 't t quinn@example.org', 'an address that is free again makes two records one');
-- rule: CRED-6
-- nor when somebody holds it until this run, which the next run sees without any of them changing
CREATE FUNCTION pg_temp.rooks() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', test.credentials('r0'), test.credentials('r1'), coalesce(test.person('r2') = test.person('r1'), false)) $$;
SELECT test.teacher('r0', 'Ray', 'Rook', 'rook@example.org'), test.setting('update_active_users', 'true');
SELECT test.sync();
SELECT test.accept('r0');
SELECT test.guardian('r1', 'Rod', 'Rook', '{zak}', email => 'rook@example.org', sms => '+12125550171'), test.guardian('r2', 'Rod', 'Rook', '{yan}', email => 'rook@example.org');
SAVEPOINT rooks;
SELECT test.teacher('r0', 'Ray', 'Rook', 'ray@example.org');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'ray@example.org, +12125550171, f', 'of what a teacher gives up by the same file two namesakes are not one person yet');
SELECT test.sync();
SELECT is(concat_ws(' ', pg_temp.rooks(), pg_temp.students('r1')), 'ray@example.org, +12125550171 rook@example.org, t yan zak', 'the next night they are');
SELECT ok(NOT EXISTS (SELECT FROM sync.mark WHERE district_id = test.d()), 'and that is all');
-- renamed by the file, an active person of another name has it
SELECT test.teacher('r0', 'Ray', 'Rook', 'rook@example.org');
SELECT test.sync(), test.sync();
SELECT is(pg_temp.rooks(), 'rook@example.org, +12125550171, f', 'one whom another of another name has it of is two again');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO rooks;
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'rook@example.org, +12125550171, f', 'while a teacher has it they are two');
SELECT test.teacher('r0', 'Rod', 'Rook', 'rook@example.org');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'rook@example.org, +12125550171, f', 'also in the run that renames the teacher');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.rooks(), 'rook@example.org, +12125550171, t', 'who has the name of both of them from then on');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO rooks;
-- one of the two is staff as well, and gets it at once
SELECT test.teacher('r0', 'Ray', 'Rook', 'ray@example.org');
SELECT test.user('r1', '{guardian,teacher}', 'Rod', 'Rook', email => 'rook@example.org', sms => '+12125550171', schools => '{s1}', agents => '{zak}');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'ray@example.org, +12125550171 rook@example.org, f', 'one of them who is a teacher has it from the one who gives it up');
SELECT test.sync();
SELECT ok(test.settled(), 'and the next night the other one is looked at');
ROLLBACK TO rooks;
-- a student made by hand gives way to two who both get nothing
SELECT test.drop_person('r0'), test.drop_person('r1'), test.drop_person('r2');
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lea', 'Lead', 'lea@example.org') AS leader \gset
SELECT test.setting('sync_enabled', 'false');
SELECT api.create_student(test.d(), :leader, test.school('s1'), 'Han', 'Dmade') AS han \gset
SELECT api.edit_person(test.d(), :leader, :han, NULL, NULL, 'han@example.org', NULL, NULL);
SELECT test.setting('sync_enabled', 'true');
SELECT test.sync();
SELECT test.guardian('r3', 'Rod', 'Rook', '{zak}', email => 'han@example.org', sms => '+12125550173'), test.guardian('r4', 'Rod', 'Rook', '{yan}', email => 'han@example.org');
SELECT test.sync();
SELECT is(concat_ws(', ', test.credentials('r3'), test.person('r4')), '+12125550173', 'what a student made by hand has to give up two namesakes are not one person by yet');
SELECT test.sync();
SELECT is(concat_ws(', ', test.credentials('r3'), test.person('r4') = test.person('r3')), '+12125550173 han@example.org, t', 'the next night they are');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO rooks;
-- rule: CRED-7
-- one of two whom an address made one person becomes a teacher of another name
SELECT test.guardian('r1', 'Rod', 'Rook', '{zak}', email => 'rod@example.org', sms => '+12125550171'), test.guardian('r2', 'Rod', 'Rook', '{yan}', email => 'rod@example.org');
SELECT test.sync();
SELECT is(test.person('r1') = test.person('r2'), true, 'two records of a guardian');
SELECT test.teacher('r2', 'Zoe', 'Zorn', 'zoe@example.org');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('r1') = test.person('r2'), test.credentials('r1'), test.credentials('r2'), pg_temp.students('r2')),
          'f, +12125550171 rod@example.org, zoe@example.org, ', 'of which one is a teacher''s now are two people');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT * FROM finish();
ROLLBACK;
