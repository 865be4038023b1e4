-- What later syncs change, and what they leave.
BEGIN;
\ir lib.sql
SELECT plan(45);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2', 's2');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann,bob}', email => 'gus@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync();
CREATE FUNCTION pg_temp.hand_in(p_class text, p_person text, p_role text DEFAULT 'student') RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.membership AS m (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    VALUES (test.d(), test.classroom(p_class), test.person(p_person), p_role, false, true)
    ON CONFLICT ON CONSTRAINT membership_pkey DO UPDATE SET claim_manual = true;
    INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person(p_person)) $$;

-- rule: UPD-1
SELECT test.enroll('c1', 'bob');
SELECT test.drop_enroll('c1', 'ann');
SELECT test.sync();
SELECT is(test.members('c1'), 'bob tea*', 'rosters follow the enrollments');
SELECT pg_temp.hand_in('c1', 'ann');
SELECT test.sync();
SELECT is(test.members('c1'), 'ann bob tea*', 'a manual member stays');
SELECT test.enroll('c1', 'ann');
SELECT test.sync();
SELECT test.drop_enroll('c1', 'ann');
SELECT test.sync();
SELECT is(test.members('c1'), 'ann bob tea*', 'also after the SIS stated and dropped it');
SELECT test.class('c1', 'Class One');
SELECT test.sync();
SELECT is((SELECT name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'Class One', 'the name follows the SIS');
UPDATE directory.classroom SET edited_name = 'Ours' WHERE classroom_id = test.classroom('c1');
SELECT test.class('c1', 'Class Uno');
SELECT test.sync();
SELECT is((SELECT name || '/' || sis_name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'Ours/Class Uno', 'an edited name stays');

-- rule: UPD-2
SELECT test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('hal', 'Hal', 'Cedar', '{cyd,bob}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.guardians('bob'), 'hal|gus hal', 'new people and relationships come in');
UPDATE directory.relationship SET claim_manual = true WHERE guardian_id = test.person('hal') AND student_id = test.person('bob');
SELECT test.guardian('hal', 'Hal', 'Cedar', '{cyd}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'gus', 'a dropped link ends at once, manual claims too');
SELECT ok((SELECT suspended AND claim_manual AND NOT claim_sis FROM directory.relationship
           WHERE guardian_id = test.person('hal') AND student_id = test.person('bob')), 'they are suspended, not lost');
SELECT test.guardian('hal', 'Hal', 'Cedar', '{cyd,bob}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'gus hal', 'the SIS can restore it');
SELECT test.drop_person('hal');
SELECT test.sync();
SELECT is(test.guardians('bob') || '|' || test.guardians('cyd'), 'gus|', 'a guardian whose record is gone loses live students');
SELECT test.guardian('hal', 'Hal', 'Cedar', '{cyd,bob}', email => 'hal@example.org');
SELECT test.sync();
SELECT test.drop_person('cyd');
SELECT test.guardian('hal', 'Hal', 'Cedar', '{bob}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('cyd'), 'hal', 'once the student is gone, links stay as last accepted');
SELECT test.drop_person('hal');
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.guardians('bob'), 'hal|gus', 'also when the guardian goes after');

-- by hand and by the SIS at once, with a credential given by hand: both go with the link
SELECT test.guardian('ida', 'Ida', 'Ash', '{ann}', email => 'ida@example.org');
SELECT test.sync();
UPDATE directory.relationship SET claim_manual = true WHERE guardian_id = test.person('ida');
UPDATE directory.credential SET manual = true WHERE person_id = test.person('ida');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('ida'));
SELECT test.guardian('ida', 'Ida', 'Ash', '{ann}');
SELECT test.sync();
SELECT is(test.guardians('ann') || '|' || test.credentials('ida'), 'gus ida|ida@example.org', 'tied by hand, a hand-given credential stays while the SIS gives none');
SELECT test.guardian('ida', 'Ida', 'Ash', '{}');
SELECT test.sync();
SELECT is(test.guardians('ann') || '|' || test.credentials('ida'), 'gus|', 'the tie ends with the link, and the credential is free in the same run');

-- rule: UPD-3
SELECT test.guardian('gus', 'August', 'Ash', '{ann,bob}', email => 'august@example.org');
SELECT test.sync();
SELECT is((SELECT given_name FROM directory.person WHERE person_id = test.person('gus')) || ' ' || test.credentials('gus'), 'August august@example.org',
          'an invitee''s details follow the SIS');
UPDATE directory.person SET given_name = 'Gusto' WHERE person_id = test.person('gus');
UPDATE directory.credential SET value = 'hand@example.org', manual = true WHERE person_id = test.person('gus');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('gus'));
SELECT test.sync();
SELECT is((SELECT given_name FROM directory.person WHERE person_id = test.person('gus')) || ' ' || test.credentials('gus'), 'August august@example.org',
          'also what was edited by hand since, though the SIS row did not change');
SELECT is((SELECT count(*) FROM sync.mark), 0::bigint, 'and the mark is gone');

-- rule: UPD-4
SELECT test.accept('gus');
SELECT test.guardian('gus', 'Guenther', 'Ash', '{ann}', email => 'guenther@example.org');
SELECT test.sync();
SELECT is((SELECT given_name FROM directory.person WHERE person_id = test.person('gus')) || ' ' || test.credentials('gus'), 'August august@example.org',
          'an active person''s details are their own');
SELECT is(test.guardians('ann') || '|' || test.guardians('bob'), 'gus|', 'their relationships are the SIS''s');
SELECT is((SELECT string_agg(sourced_id || ':' || array_to_string(differs, ','), ' ') FROM rosterd.drift WHERE district_id = test.d()),
          'gus:given_name,email', 'where the SIS differs from what they show is visible as drift');
SELECT ok(NOT EXISTS (SELECT FROM rosterd.drift x WHERE x::text ~* 'guenther|august'), 'which detail it is, not what it is');

-- rule: UPD-6
CREATE TEMP TABLE versions AS SELECT test.versions() AS v;
SELECT test.sync();
SELECT is(test.versions(), (SELECT v FROM versions), 'the same rows in a new file write nothing');
SELECT test.sync(p_file => false);
SELECT is(test.versions(), (SELECT v FROM versions), 'nor do the rules alone');
SELECT test.setting('note', 'hello');
SELECT is(sync.outstanding(test.d()), false, 'nothing is outstanding, a note is no setting of the rules');
SELECT is(test.as_daemon(format('SELECT sync.run_file(%s, %L, 1, 1, %L)',
    test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, %L, NULL)', (SELECT daemon_id FROM test.now_at), test.d(),
        (SELECT epoch FROM rosterd.lease WHERE district_id = test.d()), 'schedule')), 'roster.zip', (SELECT file_sha256 FROM sis.judged))),
    'unchanged', 'the file applied last is skipped');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('gus'));
SELECT is(sync.outstanding(test.d()), true, 'a hand edit is outstanding');
SELECT test.sync(p_file => false);
SELECT is(sync.outstanding(test.d()), false, 'until the rules ran');
SELECT test.setting('relatives_are_guardians', 'false');
SELECT is(sync.outstanding(test.d()), true, 'so is a setting');
SELECT test.sync(p_file => false);
SELECT is(sync.outstanding(test.d()), false, 'until then');
SELECT is(test.versions(), (SELECT v FROM versions), 'and all that changed nothing');

-- rule: UPD-7
CREATE TEMP TABLE since AS SELECT max(change_id) AS id FROM audit.change;
SELECT test.student('bob', 'Robert', 'Birch');
SELECT test.drop_enroll('c1', 'bob');
SELECT test.sync();
SELECT is((SELECT string_agg(rule || ' ' || relation, ', ' ORDER BY relation) FROM audit.change, since WHERE change_id > since.id),
          'UPD-1 directory.membership, UPD-3 directory.person', 'every change has its rule');
SELECT is((SELECT before || after FROM audit.change, since WHERE change_id > since.id AND relation = 'directory.person'),
          '{"given_name": "Robert", "family_name": "Birch", "sourced_id": "bob"}', 'and before and after');
SELECT is((SELECT before ->> 'given_name' FROM audit.change, since WHERE change_id > since.id AND relation = 'directory.person'), 'Bob', 'before is before');
SELECT is((SELECT count(DISTINCT run_id) FROM audit.change, since WHERE change_id > since.id AND run_id = (SELECT max(run_id) FROM rosterd.run)), 1::bigint, 'and the run');
SELECT is((SELECT after FROM audit.change, since WHERE change_id > since.id AND relation = 'directory.membership'), NULL, 'what was removed has no after');

-- rule: UPD-8
SELECT test.class('old', 'Old one');
SELECT test.guardian('kim', 'Kim', 'Birch', '{bob}', email => 'kim@example.org');
SELECT test.enroll('c1', 'bob'), test.enroll('old', 'bob'), test.enroll('old', 'tea', 'teacher');
SELECT test.sync();
SELECT pg_temp.hand_in('c1', 'bob');
SELECT test.drop_class('old');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.members('old'), 'ann bob tea*|bob tea*', 'before the move');
SELECT test.student('bob', 'Robert', 'Birch', schools => '{s2}');
SELECT test.drop_enroll('c1', 'bob');
SELECT test.enroll('c2', 'bob');
SELECT test.user('tea', '{teacher}', 'Tea', 'Cher', email => 'tea@example.org', schools => '{s2}');
SELECT test.drop_enroll('c1', 'tea');
SELECT test.sync();
SELECT is(test.schools('bob') || '|' || test.schools('tea'), 's2|s2', 'out of the old school, into the new');
SELECT is(test.members('c1') || '|' || test.members('c2'), 'ann|bob', 'out of its active classrooms, by hand or not, into the new ones');
SELECT is(test.members('old'), 'bob tea*', 'archived ones stay');
SELECT is((SELECT string_agg(s.sourced_id, ' ') FROM api.connected c JOIN directory.school s USING (district_id, school_id)
           WHERE c.person_id = test.person('kim')), 's2', 'guardians'' connections follow');
SELECT test.student('bob', 'Robert', 'Birch', schools => '{s1}');
SELECT test.drop_enroll('c2', 'bob');
SELECT test.sync();
SELECT is(test.members('c1') || '|' || test.schools('bob'), 'ann bob|s1', 'back, the manual membership counts again');
SELECT is(test.invitations('kim'), 'kim@example.org', 'the invitation never closed');
SELECT is((SELECT count(*) FROM directory.invitation WHERE person_id = test.person('kim')), 1::bigint, 'nor a second one opened');
SELECT ok(NOT EXISTS (SELECT FROM audit.change WHERE rule IS NULL OR run_id IS NULL AND actor_id IS NULL), 'no change is without a rule and who did it');
SELECT is((SELECT count(*) FROM rosterd.run WHERE state NOT IN ('done', 'unchanged')), 0::bigint, 'all runs are done');
SELECT * FROM finish();
ROLLBACK;
