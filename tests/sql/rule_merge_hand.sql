-- Guardians that are one person by the district's setting, beside what was given by hand and what a run changes of it.
BEGIN;
\ir lib.sql
SELECT plan(65);
-- rule_merge_slots.sql: the same beside other slots; else beside a district that is the opposite.
\if :{?slots}
\ir libslots.sql
\else
\ir libneighbour.sql
\endif
SELECT test.district();
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Ash'), test.student('cyd', 'Cyd', 'Cedar'), test.student('dan', 'Dan', 'Dale');
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lea', 'Lead', 'lea@example.org') AS leader \gset
SELECT test.sync();
CREATE FUNCTION pg_temp.students(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(test.name_of(student_id), ' ' ORDER BY test.name_of(student_id)), '') FROM directory.guardianship
    WHERE district_id = test.d() AND guardian_id = test.person(p_id) $$;
-- whom the two namesakes are, and what is whose
CREATE FUNCTION pg_temp.rooks() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(', ', test.person('r1') = test.person('r2'), test.credentials('r1'), pg_temp.students('r1')) $$;
CREATE FUNCTION pg_temp.marks() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM sync.mark WHERE district_id = test.d() $$;
SAVEPOINT start;

-- rule: CRED-7
SELECT test.guardian('tia', 'Tia', 'Thorn', '{ann}', email => 'thorn@example.org');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('ann'), 'Tia', 'Thorn', 'thorn@example.org', NULL, NULL);
SELECT test.guardian('tia', 'Tia', 'Thorn', '{ann}');
SELECT test.sync();
SELECT is(test.credentials('tia'), 'thorn@example.org', 'what a leader gave stays while the SIS gives nothing');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'thorn@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'thorn@example.org', sms => '+12125550102');
SAVEPOINT thorn;
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'f, +12125550101, cyd', 'and two namesakes who share it are not one person for it');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT api.remove_guardian(test.d(), :leader, test.person('ann'), test.person('tia'));
SELECT test.sync(), test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 thorn@example.org, cyd dan', 'when it is free they are');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO thorn;
-- who is no guardian's by the district's setting is given nothing by the record either
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Tia', 'Thorn', 'thorn@example.org', NULL, NULL);
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.user('tia', '{relative}', 'Tia', 'Thorn', email => 'tia@example.org', agents => '{ann}');
SAVEPOINT relative;
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 'f, +12125550101, cyd, thorn@example.org', 'an address of a relative who counts for nothing is nothing');
ROLLBACK TO relative;
SELECT test.user('tia', '{relative}', 'Tia', 'Thorn', sms => '+12125550109', agents => '{ann}');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 'f, +12125550101, cyd, thorn@example.org', 'nor is a number');
ROLLBACK TO thorn;
-- by a number that no invitation goes to the SIS gives her nothing either
SELECT test.setting('phone_is_credential', 'false');
SELECT test.guardian('tia', 'Tia', 'Thorn', '{ann}', phone => '+12125550109');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 'f, +12125550101, cyd, thorn@example.org', 'a number that is no credential is nothing');
ROLLBACK TO thorn;
SELECT test.guardian('tia', 'Tia', 'Thorn', '{ann}', sms => '+12125550109');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 't, +12125550101 +12125550102 thorn@example.org, cyd dan, +12125550109', 'but for one to whom the SIS gives something it is not kept');
ROLLBACK TO thorn;
SELECT test.guardian('tia', 'Tia', 'Thorn', '{ann}', email => 'tia@example.org');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 't, +12125550101 +12125550102 thorn@example.org, cyd dan, tia@example.org', 'be it an address');
ROLLBACK TO thorn;
SELECT test.teacher('tia', 'Tia', 'Thorn', 'tia@example.org');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 't, +12125550101 +12125550102 thorn@example.org, cyd dan, tia@example.org', 'or a teacher''s');
ROLLBACK TO thorn;
-- what somebody has written over the leader's
SELECT rosterd.grant_users_manager(test.d(), :leader);
SELECT api.edit_person(test.d(), :leader, test.person('tia'), NULL, NULL, 'hand@example.org', NULL, NULL);
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'hand@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'hand@example.org', sms => '+12125550102');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('tia'), 'f, +12125550101, cyd, hand@example.org', 'what was given by hand is kept like what a leader gave');
ROLLBACK TO start;

SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'umber@example.org');
SELECT test.sync();
SELECT rosterd.pin(test.d(), 'person', test.person('una'), 'she asked for it');
SELECT test.drop_person('una');
SELECT test.sync();
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('una'), 'f, +12125550101, cyd, umber@example.org', 'nor for an address of somebody who is pinned');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;

-- what somebody gives up by the same file is nobody's
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'umber@example.org');
SELECT test.sync();
SAVEPOINT umber;
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.guardian('una', 'Una', 'Umber', '{ann}');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 umber@example.org, cyd dan', 'what an invitee has no more is theirs in that run');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO umber;
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.drop_person('una');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 umber@example.org, cyd dan', 'also of one who has left');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO umber;
-- and somebody else is pinned, and a classroom that has the number of one who leaves
SELECT setval('directory.classroom_classroom_id_seq', test.person('una') - 1);
SELECT test.class('c1', 'Class 1'), test.enroll('c1', 'cyd');
SELECT test.sync();
SELECT is(test.classroom('c1'), test.person('una'), 'a guardian and a classroom have the same number');
SELECT rosterd.pin(test.d(), 'person', test.person('cyd'), 'kept'), rosterd.pin(test.d(), 'classroom', test.classroom('c1'), 'kept');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.drop_person('una');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 umber@example.org, cyd dan', 'a pin is of whom it is of');
ROLLBACK TO umber;
SELECT rosterd.pin(test.d(), 'person', test.person('una'), 'she asked for it');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'una@example.org');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 umber@example.org, cyd dan', 'and of one who is pinned, and whom the SIS gives another');
ROLLBACK TO start;

-- who got back by an undo what the SIS says otherwise
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'umber@example.org');
SELECT test.sync();
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'una@example.org');
SELECT test.sync();
SELECT rosterd.undo((SELECT max(run_id) FROM rosterd.run WHERE district_id = test.d()), false);
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.sync();
SAVEPOINT undone;
SELECT is(pg_temp.rooks() || ', ' || test.credentials('una'), 'f, +12125550101, cyd, umber@example.org', 'nor for one that an undo gave back');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO undone;
SELECT test.drop_person('una');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 +12125550102 umber@example.org, cyd dan', 'until the SIS goes on');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;

-- who claims it as the guardian of somebody by hand alone
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'umber@example.org');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Una', 'Umber', 'umber@example.org', NULL, NULL);
SELECT test.sync();
SELECT test.guardian('una', 'Una', 'Umber', '{}', email => 'umber@example.org');
SELECT test.sync();
SELECT is(pg_temp.students('una'), 'bob', 'somebody is a guardian by hand alone');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550101'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550102');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('una'), 'f, +12125550101, cyd, umber@example.org', 'and claims what the SIS gives like any other');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT test.guardian('una', 'Una', 'Umber', '{bob}', email => 'umber@example.org');
SELECT test.sync();
SELECT test.guardian('una', 'Una', 'Umber', '{}', email => 'umber@example.org');
SELECT test.sync(), test.sync();
SELECT is(pg_temp.rooks() || ', ' || pg_temp.students('una'), 't, +12125550101 +12125550102 umber@example.org, cyd dan, ', 'until the SIS has ended the pair');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;
-- by a second record, whose student is the first one's
SELECT test.guardian('u1', 'Una', 'Umber', '{ann}', email => 'umber@example.org'), test.guardian('u2', 'Una', 'Umber', '{bob}', sms => '+12125550109');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('u1'), 'u2', 'one woman');
SELECT test.sync();
SELECT test.guardian('u2', 'Una', 'Umber', '{}', sms => '+12125550109');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'r1@example.org', sms => '+12125550109'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'r2@example.org', sms => '+12125550109');
SELECT test.sync();
SELECT is(pg_temp.rooks() || ', ' || test.credentials('u1'), 'f, r1@example.org, cyd, +12125550109 umber@example.org', 'two records that somebody linked claim by each other''s students');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;
-- who is a guardian by hand alone is made one with nobody for it, and keeps the student
SELECT test.guardian('u1', 'Una', 'Umber', '{ann}', email => 'umber@example.org'), test.guardian('u2', 'Una', 'Umber', '{dan}', sms => '+12125550101');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Una', 'Umber', 'umber@example.org', NULL, NULL);
SELECT test.sync();
SELECT test.guardian('u1', 'Una', 'Umber', '{}', email => 'umber@example.org');
SELECT test.sync();
SELECT test.guardian('u2', 'Una', 'Umber', '{dan}', email => 'umber@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT test.guardian('u2', 'Una', 'Umber', '{dan}', sms => '+12125550101');
SELECT test.sync();
SELECT is(pg_temp.students('u1') || ', ' || pg_temp.students('u2'), 'bob, dan', 'a student by hand stays with whom they were given to');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;
-- of whom only a record is left that an address brought
SELECT test.guardian('a1', 'Una', 'Umber', '{ann}', email => 'umber@example.org'), test.guardian('a2', 'Una', 'Umber', '{cyd}', sms => '+12125550101');
SELECT test.sync();
SELECT test.guardian('a2', 'Una', 'Umber', '{cyd}', email => 'umber@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Una', 'Umber', 'umber@example.org', NULL, NULL);
SELECT test.drop_person('a1');
SELECT test.sync();
SELECT test.guardian('a2', 'Una', 'Umber', '{}', email => 'umber@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT is(pg_temp.students('a2'), 'bob', 'one record is left, of a guardian by hand alone');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'umber@example.org', sms => '+12125550103'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'umber@example.org', sms => '+12125550104');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'f, +12125550103, cyd', 'who claims her address for her');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;
-- rule: CRED-9
-- an active person's SIS values claim nothing, whoever they are a guardian of by hand
SELECT test.guardian('una', 'Una', 'Umber', '{ann}', email => 'home@example.org');
SELECT test.sync();
SELECT test.accept('una');
SELECT api.update_account(test.d(), test.person('una'), NULL, NULL, 'own@example.org', NULL, NULL);
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Una', 'Umber', 'own@example.org', NULL, NULL);
SELECT test.guardian('una', 'Una', 'Umber', '{}', email => 'home@example.org');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('cyd'), 'Rod', 'Rook', 'home@example.org', NULL, NULL) AS rod \gset
SELECT test.sync();
SELECT test.guardian('r1', 'Rod', 'Rook', '{dan}', email => 'home@example.org');
SELECT test.sync();
SELECT is(test.person('r1') || ', ' || pg_temp.students('r1'), :rod || ', cyd dan', 'a leader''s guardian is known by an address that an active person gave up');
ROLLBACK TO start;
-- rule: CRED-9
-- a link that is taken back before a sync has made a child of somebody
SELECT rosterd.appoint_leader(test.d(), NULL, 'Max', 'Made', 'max@example.org') AS max \gset
SELECT rosterd.dismiss_leader(test.d(), :max);
SELECT test.sync();
SELECT test.person('ann') AS ann \gset
SELECT rosterd.link_person(test.d(), :max, 'ann', 'a mistake');
SELECT rosterd.link_person(test.d(), :ann, 'ann', 'taken back');
SELECT test.sync();
SELECT test.guardian('gm', 'Max', 'Made', '{bob}', email => 'max@example.org');
SELECT test.sync();
SELECT is(test.person('gm'), :max::bigint, 'makes nobody a child for good');
ROLLBACK TO start;

-- rule: CRED-7
-- a leader answered for the address of one of two namesakes
SELECT test.guardian('h', 'Gia', 'Glen', '{bob}', email => 'glen@example.org'), test.guardian('a', 'Gia', 'Glen', '{ann}', sms => '+12125550103');
SELECT test.sync();
SELECT api.add_guardian(test.d(), :leader, test.person('cyd'), 'Gia', 'Glen', 'glen@example.org', NULL, NULL);
SELECT test.sync();
SELECT is(pg_temp.students('h'), 'bob cyd', 'a leader adds by an address whom the SIS knows');
SELECT api.remove_guardian(test.d(), :leader, test.person('cyd'), test.person('h'));
SELECT test.sync();
SELECT test.person('h') AS h, test.person('a') AS a \gset
SAVEPOINT glen;
SELECT test.guardian('a', 'Gia', 'Glen', '{ann}', email => 'glen@example.org', sms => '+12125550103');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = :h, test.person('a') = :h, test.credentials('a'), test.invitations('a')),
          't, t, +12125550103 glen@example.org, +12125550103 glen@example.org', 'two who share it are one, whose address it stays');
SELECT is((SELECT count(*) FROM directory.credential WHERE district_id = test.d() AND person_id = :a), 0::bigint, 'and nothing is left with the other account');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO glen;
-- rule: CRED-9
SELECT test.guardian('h', 'Gia', 'Glen', '{bob}', email => 'gia@example.org', sms => '+12125550103'), test.guardian('r', 'Gia', 'Glen', '{dan}', email => 'glen@example.org');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = test.person('a'), test.credentials('h'), test.credentials('r')), 't, +12125550103 gia@example.org, glen@example.org',
          'whom the address is given to in the same night is added with it');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO glen;
-- the other one signs in, so neither account is emptied
SELECT test.accept('a');
SELECT test.guardian('h', 'Gia', 'Glen', '{bob}', email => 'glen@example.org', sms => '+12125550103');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = test.person('a'), test.credentials('h'), test.credentials('a')), 'f, glen@example.org, +12125550103', 'two accounts of their own stay two');
SELECT is(pg_temp.marks(), 0::bigint, 'of which nothing is to be looked at again');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT test.guardian('h', 'Gia', 'Glen', '{bob}', email => 'gia@example.org', sms => '+12125550103');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = test.person('a'), test.credentials('h')), 'f, gia@example.org', 'when the SIS takes the address away they are two in that run');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = :a, test.credentials('h'), pg_temp.students('a')), 't, +12125550103, ann bob', 'and one the next night');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT is(pg_temp.marks(), 0::bigint, 'and that is all');
ROLLBACK TO start;
-- what was written over the SIS's goes with the next sync, whoever the record is then (UPD-3)
SELECT test.guardian('h', 'Gia', 'Glen', '{bob}', email => 'glen@example.org'), test.guardian('k', 'Gia', 'Glen', '{ann}', sms => '+12125550103');
SELECT test.sync();
SELECT rosterd.grant_users_manager(test.d(), :leader);
SELECT api.edit_person(test.d(), :leader, test.person('k'), NULL, NULL, 'hand@example.org', NULL, NULL);
SELECT test.guardian('k', 'Gia', 'Glen', '{ann}', email => 'glen@example.org');
SELECT test.sync();
SELECT is(concat_ws(', ', test.person('h') = test.person('k'), test.credentials('h')), 't, glen@example.org', 'two who share an address are one');
SELECT is((SELECT count(*) FROM directory.credential WHERE district_id = test.d() AND value = 'hand@example.org'), 0::bigint, 'and nothing given by hand is left with an account that nobody is');
ROLLBACK TO start;

-- rule: CRED-6
-- a pair that had ended counts while nobody can tell whose it was: also when somebody is known by an address in that run
SELECT api.add_guardian(test.d(), :leader, test.person('ann'), 'Una', 'Umber', 'umber@example.org', NULL, NULL) AS una \gset
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Una', 'Umber', 'umber@example.org', NULL, NULL);
SELECT test.sync();
SELECT test.guardian('una', 'Una', 'Umber', '{ann}');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'r1@example.org', sms => '+12125550109'),
       test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'r2@example.org', sms => '+12125550109');
SELECT test.sync();
SELECT api.remove_guardian(test.d(), :leader, test.person('ann'), :una), api.remove_guardian(test.d(), :leader, test.person('bob'), :una);
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT test.guardian('una', 'Una', 'Umber', '{}', email => 'umber@example.org', sms => '+12125550109');
SELECT test.sync(), test.sync(p_file => false);
SELECT is(pg_temp.rooks() || ', ' || pg_temp.marks(), 't, +12125550109 r1@example.org r2@example.org, cyd dan, 0', 'the next run knows whose pair had ended');
ROLLBACK TO start;
-- of several records of one person nobody can tell whose an ended pair was; of one alone it can be told
SELECT test.guardian('g1', 'Uma', 'Urban', '{}', email => 'urban@example.org', sms => '+12125550101'), test.guardian('g2', 'Uma', 'Urban', '{bob}', email => 'urban@example.org');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{g1}');
SELECT test.guardian('r1', 'Rod', 'Rook', '{cyd}', email => 'r1@example.org', sms => '+12125550101'), test.guardian('r2', 'Rod', 'Rook', '{dan}', email => 'r2@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT test.drop_person('g1');
SELECT test.sync();
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT test.guardian('g1', 'Uma', 'Urban', '{}', email => 'urban@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT is(pg_temp.rooks(), 'f, +12125550101 r1@example.org, cyd', 'while she may be the guardian of one who left, her number is not another''s alone');
SELECT test.guardian('g2', 'Uma', 'Urban', '{bob}', email => 'uma@example.org');
SELECT test.sync(), test.sync();
SELECT is(pg_temp.rooks(), 't, +12125550101 r1@example.org r2@example.org, cyd dan', 'when her records are of two people, it is by the next night');
SELECT ok(test.settled(), 'whoever is looked at');
ROLLBACK TO start;
-- whom nobody can write to has no account that one could be told by
SELECT test.teacher('r0', 'Rod', 'Rook', 'rook@example.org');
SELECT test.sync();
SELECT test.accept('r0');
SELECT test.guardian('r1', 'Rod', 'Rook', '{ann}', email => 'rook@example.org'), test.guardian('r2', 'Rod', 'Rook', '{ann}', email => 'rook@example.org');
SELECT test.sync();
SELECT is(test.findings(), 'r1:guardian.held r2:guardian.held', 'two namesakes whose address a teacher of that name has are not added');
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT is(pg_temp.marks(), 0::bigint, 'and are not looked at for ever when their student has left');
SELECT ok(test.settled(), 'whoever is looked at');
-- a third one is added, and the two are one with them
SELECT test.guardian('r3', 'Rod', 'Rook', '{bob}', email => 'rook@example.org', sms => '+12125550101');
SELECT test.sync(), test.sync();
SELECT is(pg_temp.marks(), 0::bigint, 'nor when they are one with somebody who has an account');
ROLLBACK TO start;

-- rule: CRED-7
-- what is nothing but a guardian's record is put to the first of them
SELECT setval('directory.classroom_classroom_id_seq', nextval('directory.person_person_id_seq') + 100);
SELECT test.class('c1', 'Class 1');
SELECT test.guardian('g1', 'Gia', 'Glen', '{ann}', email => 'gia@example.org');
SELECT test.sync();
SELECT test.person('g1') AS g1, test.classroom('c1') AS room, setval('directory.person_person_id_seq', test.classroom('c1') - 1) \gset
SELECT test.guardian('g2', 'Gia', 'Glen', '{bob}', email => 'glen@example.org');
SELECT test.sync();
SELECT is(test.person('g2'), :room::bigint, 'a guardian and a classroom have the same number');
SELECT rosterd.pin(test.d(), 'classroom', :room, 'kept');
SAVEPOINT pinned;
SELECT test.guardian('g2', 'Gia', 'Glen', '{bob}', email => 'gia@example.org');
SELECT test.sync();
SELECT is(test.person('g2'), :g1::bigint, 'a pinned classroom makes nobody more than a guardian');
ROLLBACK TO pinned;
SELECT test.guardian('g2', 'Gia', 'Glen', '{bob}', email => 'other@example.org');
SELECT test.sync();
SELECT rosterd.undo((SELECT max(run_id) FROM rosterd.run WHERE district_id = test.d()), false);
SELECT test.guardian('g2', 'Gia', 'Glen', '{bob}', email => 'gia@example.org');
SELECT test.sync();
SELECT is(test.person('g2'), :g1::bigint, 'nor does what an undo had put back when the SIS goes on');
SELECT * FROM finish();
ROLLBACK;
