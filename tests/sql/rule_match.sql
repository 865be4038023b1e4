-- Whose a new record is: of somebody known by a credential, of a student made by hand, or as somebody says.
BEGIN;
\ir lib.sql
SELECT plan(96);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim@example.org'), test.enroll('c1', 'tim', 'teacher'), test.enroll('c1', 'ann'), test.enroll('c1', 'bob');
SELECT test.sync();
CREATE TABLE test.made (name text PRIMARY KEY, id bigint);
CREATE FUNCTION test.id(p_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT coalesce((SELECT id FROM test.made WHERE name = p_name), test.person(p_name)) $$;
CREATE FUNCTION pg_temp.message(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT message FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND sourced_id = p_id $$;
CREATE FUNCTION pg_temp.students(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(test.name_of(student_id), ' ' ORDER BY test.name_of(student_id)), '') FROM directory.guardianship
    WHERE district_id = test.d() AND guardian_id = test.id(p_id) $$;
INSERT INTO test.made VALUES ('lea', rosterd.appoint_leader(test.d(), NULL, 'Lea', 'Lead', 'lea@example.org'));
SELECT rosterd.grant_users_manager(test.d(), test.id('lea'));
CREATE TABLE test.code AS SELECT api.create_join_code(test.d(), test.id('lea'), test.classroom('c1')) AS code;
CREATE FUNCTION pg_temp.join(p_name text, p_family text, p_email text, p_student text DEFAULT 'Ann', p_student_family text DEFAULT 'Ash') RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.made SELECT lower(p_name), api.join_with_code(test.d(), (SELECT code FROM test.code), p_student, p_student_family, p_name, p_family, p_email, NULL) $$;

-- rule: CRED-9
SELECT pg_temp.join('Pop', 'Ash', 'pop@example.org');
INSERT INTO test.made VALUES ('nan', api.add_guardian(test.d(), test.id('lea'), test.person('ann'), 'Nan', 'Ash', 'nan@example.org', NULL, NULL));
SELECT test.guardian('p1', 'POP', 'Ash', '{bob}', email => 'pop@example.org'), test.guardian('n1', 'Nan', 'Ash', '{bob}', email => 'nan@example.org'),
       test.teacher('lt', 'Lea', 'Lead', 'lea@example.org');
SELECT test.sync();
SELECT is(test.person('p1'), test.id('pop'), 'a new guardian whose credential belongs to one who joined by code is that person');
SELECT is(pg_temp.students('pop'), 'ann bob', 'with the children of both');
SELECT is(test.person('n1'), test.id('nan'), 'or to one whom a leader added');
SELECT is(test.invitations('n1'), 'nan@example.org', 'who is still invited');
SELECT is(test.person('lt'), test.id('lea'), 'a new teacher is the leader who has the address');
SELECT is((SELECT string_agg(role, ' ' ORDER BY role) FROM directory.role WHERE person_id = test.id('lea')), 'district_leader teacher', 'and is both');
SELECT is(test.findings(), '', 'no finding');
SELECT is((SELECT count(*) FROM audit.change WHERE rule = 'CRED-9' AND relation = 'sis.person' AND run_id IS NOT NULL), 3::bigint, 'the audit has it');
SELECT ok(test.settled(), 'which stays');
-- re-keyed: gone under the old id, active, back under a new one
SELECT test.guardian('r1', 'Ray', 'Cedar', '{cyd}', email => 'ray@example.org');
SELECT test.sync();
SELECT test.accept('r1');
INSERT INTO test.made SELECT 'ray', test.person('r1');
SELECT test.guardian('r2', 'Ray', 'Cedar', '{ann}', email => 'ray@example.org');
SELECT test.sync();
SELECT is(test.findings(), 'r2:guardian.held', 'not while they have a live record');
SELECT test.drop_person('r1');
SELECT test.sync();
SELECT is(test.person('r2'), test.id('ray'), 'but when it is gone, in that run, though the new row did not change');
SELECT is((SELECT sourced_id FROM directory.person WHERE person_id = test.id('ray')), 'r1', 'they still show the first id');
SELECT is(pg_temp.students('ray'), 'ann', 'the relationships are those of the live record');
SELECT ok(test.settled(), 'which stays');
-- an active person who holds an address the SIS does not give them any more
SELECT test.guardian('r2', 'Ray', 'Cedar', '{ann}', email => 'ray.work@example.org'), test.guardian('r3', 'Ray', 'Cedar', '{bob}', email => 'ray@example.org');
SELECT test.sync();
SELECT is(test.findings() || coalesce(test.person('r3')::text, ''), 'r3:guardian.held', 'who has a live record is not taken for another one');
SELECT test.drop_person('r3');
SELECT test.sync();
-- a teacher who is a parent under another id
SELECT test.teacher('tp', 'Tia', 'Teal', 'tia@example.org'), test.guardian('gp', 'Tia', 'Teal', '{bob}', email => 'tia@example.org');
SELECT test.sync();
SELECT is(test.findings() || coalesce(test.person('gp')::text, ''), 'gp:guardian.held', 'a teacher who is a parent under another id is not guessed');
SELECT ok(pg_temp.message('gp') LIKE format('%%. tp has the same name%%rosterd.link_person(%s, PERSON,%%', test.d()), 'the finding says how to link the two');
SELECT rosterd.link_person(test.d(), test.person('tp'), 'gp', 'asked the school');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.students('gp') || '|' || test.findings(), 'bob|', 'which then are one');
SELECT test.drop_person('tp'), test.drop_person('gp');
SELECT test.sync();
-- otherwise a finding
SELECT pg_temp.join('Sue', 'Ash', 'sue@example.org');
SELECT api.update_account(test.d(), test.id('sue'), NULL, NULL, NULL, '+12125550177', NULL);
SELECT test.guardian('u1', 'Sue', 'Ash', '{bob}', sms => '+12125550177');
SELECT test.sync();
SELECT is(test.findings() || coalesce(test.person('u1')::text, ''), 'u1:guardian.held', 'a credential that the person never proved is not enough');
SELECT ok(pg_temp.message('u1') LIKE format('%%Account %s has the same name%%rosterd.link_person(%s, %s,%%', test.id('sue'), test.d(), test.id('sue')), 'the finding says whom to ask about, and the command');
SELECT test.guardian('u1', 'Susan', 'Ash', '{bob}', email => 'sue@example.org');
SELECT test.sync();
SELECT is(test.findings(), 'u1:guardian.held', 'nor is another name');
SELECT test.guardian('u1', 'Sue', 'Ash', '{}', email => 'sue@example.org');
SELECT test.sync();
SELECT is(test.person('u1'), NULL, 'nor one without a student in the directory');
SELECT test.guardian('u1', 'Sue', 'Ash', '{bob}', email => 'sue@example.org'), test.guardian('u2', 'Sue', 'Ash', '{cyd}', email => 'sue@example.org');
SELECT test.sync();
SELECT is(test.findings(), 'u1:guardian.held u2:guardian.held', 'nor one that two records give');
SELECT test.guardian('u2', 'Uma', 'Ash', '{cyd}', email => 'sue@example.org');
SELECT test.sync();
SELECT is(test.findings(), 'u1:guardian.held u2:guardian.held', 'under whatever name');
SELECT test.guardian('u2', 'Uma', 'Ash', '{cyd}', email => 'uma@example.org'), test.student('bob', 'Bob', 'Birch', email => 'sue@example.org');
SELECT test.sync();
SELECT is(test.person('u1'), test.id('sue'), 'a child''s copy of it is no other');
SELECT test.student('bob', 'Bob', 'Birch');
SELECT test.sync();
-- two records that would be one person, by different addresses
SELECT pg_temp.join('Una', 'Ash', 'una@example.org', 'Bob', 'Birch');
SELECT api.edit_person(test.d(), test.id('lea'), test.id('una'), NULL, NULL, NULL, '+12125550179', NULL);
SELECT test.guardian('y1', 'Una', 'Ash', '{cyd}', email => 'una@example.org'), test.guardian('y2', 'Una', 'Ash', '{ann}', sms => '+12125550179');
SELECT test.sync();
SELECT is(test.findings(), 'y1:guardian.held y2:guardian.held', 'two records that would be one person are neither');
SELECT test.drop_person('y1'), test.drop_person('y2');
-- two people who are one record's
SELECT pg_temp.join('Vic', 'Ash', 'vic1@example.org');
INSERT INTO test.made VALUES ('vic2', api.add_guardian(test.d(), test.id('lea'), test.person('bob'), 'Vic', 'Ash', NULL, '+12125550178', NULL));
SELECT test.guardian('v1', 'Vic', 'Ash', '{cyd}', email => 'vic1@example.org', sms => '+12125550178');
SELECT test.sync();
SELECT is(test.findings() || coalesce(test.person('v1')::text, ''), 'v1:guardian.held', 'a record that would be two people is none of them');
SELECT test.drop_person('v1');
-- brought by the SIS, gone, edited by hand: neither proved nor added by a leader
SELECT test.guardian('w1', 'Wil', 'Ash', '{ann}', email => 'wil@example.org');
SELECT test.sync();
INSERT INTO test.made SELECT 'wil', test.person('w1');
SELECT api.edit_person(test.d(), test.id('lea'), test.id('wil'), NULL, NULL, 'wil.new@example.org', NULL, NULL);
UPDATE directory.relationship SET claim_manual = true WHERE guardian_id = test.id('wil');
SELECT test.student('zed', 'Zed', 'Ash'), test.guardian('w1', 'Wil', 'Ash', '{ann}');
SELECT test.sync();
SELECT test.drop_person('ann'), test.drop_person('w1');
SELECT test.sync();
SELECT api.edit_person(test.d(), test.id('lea'), test.id('wil'), NULL, NULL, 'wil.new@example.org', NULL, NULL);
SELECT test.guardian('w2', 'Wil', 'Ash', '{zed}', email => 'wil.new@example.org');
SELECT test.sync();
SELECT is((SELECT person_id FROM directory.credential WHERE value = 'wil.new@example.org'), test.id('wil'), 'what was given by hand to somebody without a record is theirs');
SELECT is(test.findings() || coalesce(test.person('w2')::text, ''), 'w2:guardian.held', 'and vouched for by nobody');
SELECT ok(test.settled(), 'which stays');

-- link_person
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('wil'), 'nobody', 'asked'), 'RS008', NULL, 'an unknown record');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), -1, 'w2', 'asked'), 'RS008', NULL, 'an unknown person');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d() + 1000, test.id('wil'), 'w2', 'asked'), 'RS008', NULL, 'an unknown district');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('wil'), 'w2', ' '), '22023', NULL, 'a reason is needed');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('wil'), 'zed', 'asked'), '55000', NULL, 'a student''s record is no guardian''s');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.person('zed'), 'w2', 'asked'), '55000', NULL, 'nor the other way round');
SELECT test.user('adm', '{administrator}', 'Ad', 'Min');
SELECT test.sync();
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('wil'), 'adm', 'asked'), '55000', NULL, 'nor anybody who is not brought in');
SELECT rosterd.link_person(test.d(), test.id('wil'), 'w2', 'The school called them.');
SELECT ok(sync.outstanding(test.d()), 'linked by hand, the rules are due');
SELECT test.sync(p_file => false);
SELECT is(test.person('w2') || ' ' || pg_temp.students('wil'), test.id('wil') || ' ann zed', 'and the record is the person''s');
SELECT is(test.findings(), '', 'the finding closes');
SELECT is((SELECT act || ' ' || (after ->> 'reason') FROM audit.change WHERE relation = 'sis.person' AND key ->> 'sourced_id' = 'w2' AND run_id IS NULL),
          'link_person by ' || session_user || ' The school called them.', 'with who said so and why');
SELECT ok(test.settled(), 'which stays');
-- a record that had an account, and back
SELECT test.guardian('x1', 'Xia', 'Ash', '{zed}', email => 'xia@example.org'), test.guardian('x2', 'Xi', 'Ash', '{bob}', email => 'xi@example.org');
SELECT test.sync();
INSERT INTO test.made SELECT 'xi', test.person('x2');
SELECT rosterd.link_person(test.d(), test.person('x1'), 'x2', 'same person');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.students('x1') || '|' || pg_temp.students('xi'), 'bob zed|', 'what the record states moves with it');
SELECT is(test.credentials('x1') || '|' || (SELECT count(*) FROM directory.credential WHERE person_id = test.id('xi')), 'xi@example.org xia@example.org|0', 'its credential too');
SELECT ok(NOT EXISTS (SELECT FROM directory.relationship WHERE guardian_id = test.id('xi')), 'nothing is held against the account it left');
SELECT ok(test.settled(), 'which stays');
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.sync(p_file => false);
SELECT is(test.person('x2'), test.person('x1'), 'what was linked by hand is no duplicate to be taken apart');
SELECT test.setting('merge_duplicate_guardians', 'false');
SELECT test.sync(p_file => false);
SELECT is(test.person('x2'), test.person('x1'), 'with the setting or without');
SELECT rosterd.link_person(test.d(), test.id('xi'), 'x2', 'a mistake');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.students('x1') || '|' || pg_temp.students('xi') || '|' || test.invitations('x2'), 'zed|bob|xi@example.org', 'linked again to the account it had, all is as before');
SELECT ok(test.settled(), 'and stays');
-- a returning id that would be somebody else (ABN-B1)
SELECT test.drop_person('x2');
SELECT test.sync();
SELECT test.guardian('x2', 'Xavier', 'Oak', '{bob}', email => 'xavier@example.org');
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), 'x2', 'not restored by itself');
SELECT rosterd.link_person(test.d(), test.id('xi'), 'x2', 'they married');
SELECT test.sync();
SELECT is(test.findings('person.id_reused') || pg_temp.students('xi'), 'bob', 'but when somebody says it is the same person');
SELECT test.drop_person('x2');
SELECT test.sync();
SELECT test.guardian('x2', 'Yet', 'Another', '{bob}', email => 'yet@example.org');
SELECT test.sync();
SELECT is(test.findings('person.id_reused'), 'x2', 'once');
SELECT test.drop_person('x2');

-- rule: OFF-3
SELECT test.setting('sync_enabled', 'false');
INSERT INTO test.made VALUES ('kim', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Kim', 'Kid')),
    ('lou', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Lou', 'Kid')), ('lou2', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Lou', 'Kid')),
    ('may', api.create_student(test.d(), test.id('lea'), test.school('s2'), 'May', 'Kid')), ('zed2', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Zed', 'Ash')),
    ('oli', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Oli', 'Kid'));
INSERT INTO test.made VALUES ('kit', api.add_guardian(test.d(), test.id('lea'), test.id('kim'), 'Kit', 'Kid', 'kit@example.org', NULL, NULL));
SELECT api.archive_student(test.d(), test.id('lea'), test.person('cyd'));
SELECT test.setting('sync_enabled', 'true');
SELECT test.student('k1', 'Kim', 'Kid'), test.student('l1', 'Lou', 'Kid'), test.student('m1', 'May', 'Kid'), test.student('z1', 'Zed', 'Ash'),
       test.student('o1', 'oli', 'Kid'), test.student('q1', 'Oli', 'Kid'), test.student('q2', 'Oli', 'Kid'),
       test.guardian('kk', 'Kit', 'Kid', '{k1}', email => 'kit@example.org');
SELECT test.sync();
SELECT is(test.schools('cyd'), 's1', 'matched by SIS id');
SELECT is(test.person('k1'), test.id('kim'), 'a student made by hand is who has the identical name in that school');
SELECT is(test.person('kk') || ' ' || test.guardians('k1'), test.id('kit') || ' kk', 'and the guardian by hand theirs, by CRED-9');
SELECT ok(test.person('l1') NOT IN (test.id('lou'), test.id('lou2')) AND test.person('z1') <> test.id('zed2')
          AND test.person('m1') <> test.id('may') AND NOT test.id('oli') IN (test.person('o1'), test.person('q1'), test.person('q2')),
          'not where several have it, in whatever way, in another school, or in other letters');
SELECT is((SELECT string_agg(state, ' ') FROM directory.role WHERE person_id IN (SELECT id FROM test.made WHERE name IN ('lou', 'lou2', 'may', 'zed2', 'oli'))),
          'active active active active active', 'they stay, manual');
SELECT set_eq('SELECT person_id FROM rosterd.finding WHERE code = ''student.manual'' AND closed_by_run IS NULL',
              'SELECT id FROM test.made WHERE name IN (''lou'', ''lou2'', ''may'', ''zed2'', ''oli'')', 'each with a finding');
SELECT ok(test.settled(), 'which stays');
SELECT rosterd.link_person(test.d(), test.id('may'), 'm1', 'moved');
SELECT test.sync(p_file => false);
SELECT is(test.person('m1') || ' ' || test.schools('m1'), test.id('may') || ' s1', 'linked by hand, the student follows the SIS');
SELECT ok(test.settled(), 'which stays');
SELECT test.student('k1', 'Kim', 'Kid', schools => '{s2}');
SELECT test.sync();
SELECT is(test.schools('k1'), 's2', 'whom the SIS has is the SIS''s: out of the old school');
SELECT test.drop_person('k1'), test.drop_person('kk');
SELECT test.sync();
SELECT is(test.schools('k1'), '(s2)', 'and abandoned when they leave it');
SELECT is((SELECT string_agg(state, ' ') FROM directory.role WHERE person_id IN (SELECT id FROM test.made WHERE name IN ('lou', 'lou2', 'zed2', 'oli'))), 'active active active active',
          'who stayed manual is never abandoned by the sync');
SELECT ok(test.settled(), 'which stays');

-- rule: UPD-2
-- One record of two has left: who has the other one is there.
SELECT test.student('a1', 'Abe', 'Aspen'), test.student('a2', 'Abe', 'Aspen'), test.teacher('b1', 'Bea', 'Beech', 'b1@example.org'), test.teacher('b2', 'Bea', 'Beech', 'b2@example.org'),
       test.guardian('c1', 'Cal', 'Aspen', '{a1}', email => 'c1@example.org'), test.guardian('c2', 'Cal', 'Aspen', '{a1}', email => 'c2@example.org'),
       test.guardian('d1', 'Dee', 'Aspen', '{a1}', email => 'd1@example.org');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person(x || '1'), x || '2', 'one person') FROM unnest('{a,b,c}'::text[]) x;
SELECT test.sync(p_file => false);
SELECT test.drop_person(x || '2') FROM unnest('{a,b,c}'::text[]) x;
SELECT test.guardian('d1', 'Dee', 'Aspen', '{}', email => 'd1@example.org');
SELECT test.sync();
SELECT is(test.schools('a1') || '|' || test.schools('b1') || '|' || test.credentials('c1'), 's1|s1|c1@example.org', 'the others'' records speak for them');
SELECT is(test.guardians('a1'), 'c1', 'and a relationship ends, as their record is live');
SELECT ok(test.settled(), 'which stays');
-- rule: CRED-4
-- rule: UPD-5
SELECT test.accept('c1'), test.setting('update_active_users', 'true');
SELECT test.guardian('c1', 'Cal', 'Aspen', '{a1}', email => 'c3@example.org'), test.teacher('b1', 'Bea', 'Beech', 'shared@example.org'),
       test.guardian('d1', 'Dee', 'Aspen', '{a1}', email => 'shared@example.org');
SELECT test.sync();
SELECT is(test.credentials('c1') || '|' || test.credentials('b1') || '|' || test.credentials('d1'), 'c3@example.org|shared@example.org|', 'they are what that record says, of their rank');
SELECT test.setting('update_active_users', 'false');
-- rule: CRED-5
-- a teacher's record and a guardian's of one person: what is found of the guardian is found at that record
SELECT test.teacher('f1', 'Fae', 'Aspen', 'f1@example.org'), test.guardian('f2', 'Fae', 'Aspen', '{a1}', email => 'f2@example.org');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('f1'), 'f2', 'one person');
SELECT test.guardian('f2', 'Fae', 'Aspen', '{a1}', email => 'shared@example.org');
SELECT test.sync();
SELECT is((SELECT string_agg(DISTINCT sourced_id, ' ') FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND code LIKE 'guardian.%' AND sourced_id ~ '^f'),
          'f2', 'and not at the teacher''s');
-- rule: UPD-2
-- a student who goes on under another id: what was last accepted of the old one keeps nobody as a guardian
SELECT test.student('o1', 'Oli', 'Oak'), test.enroll('c1', 'o1'), test.guardian('ga', 'Ada', 'Oak', '{o1}', email => 'ada.oak@example.org'), test.guardian('gb', 'Bea', 'Oak', '{o1}');
SELECT test.sync();
SELECT test.drop_person('o1'), test.sync();
SELECT test.student('o2', 'Oli', 'Oak'), test.enroll('c1', 'o2'), test.guardian('ga', 'Ada', 'Oak', '{o2}', email => 'ada.oak@example.org'), test.guardian('gb', 'Bea', 'Oak', '{o2}');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('o1'), 'o2', 'a new number');
SELECT test.sync(p_file => false);
SELECT is(test.guardians('o2') || '|' || (test.person('o1') = test.person('o2')), 'ga|true', 'a student under another id has the guardians of that one');
SELECT test.guardian('ga', 'Ada', 'Oak', '{}', email => 'ada.oak@example.org'), test.guardian('gb', 'Bea', 'Oak', '{}');
SELECT test.sync();
SELECT is(test.guardians('o2'), '', 'whom the SIS takes from them are gone at once, though the old id''s were last accepted');
SELECT is((SELECT verdict FROM rosterd.explain_person(test.d(), 'ga') WHERE subject = 'student o1'), 'student under another id', 'and so it is explained');
SELECT throws_ok($$ SELECT pg_temp.join('Bea', 'Oak', 'bea.oak@example.org', 'Oli', 'Oak') $$, 'RS006', NULL, 'nor does a code restore one who was never added');
SELECT ok(test.settled(), 'which stays');
SELECT test.drop_person('o2'), test.sync();
SELECT test.guardian('gb', 'Bea', 'Oak', '{}', email => 'bea.oak@example.org'), test.sync();
SELECT is(test.schools('o2') || '|' || test.guardians('o2') || '|' || coalesce(test.person('gb')::text, ''), '(s1)||', 'when the student has left, the last id speaks: nobody is given back');
SELECT test.setting('abandonment', 'extreme');
SELECT is((SELECT count(*) FROM rosterd.apply_extreme(test.d(), true) WHERE student_id = test.person('o2')), 1::bigint, 'nor does somebody who was no guardian any more keep a family from being abandoned');

-- rule: CRED-9
-- A student's account stays a child's when its record has been linked to others': one proved their address, a leader gave the other one theirs.
SELECT test.setting('sync_enabled', 'false');
INSERT INTO test.made VALUES ('ivy', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Ivy', 'Iris'));
SELECT api.edit_person(test.d(), test.id('lea'), test.id('ivy'), NULL, NULL, 'ivy@example.org', NULL, NULL);
SELECT test.setting('sync_enabled', 'true');
SELECT test.student('ina', 'Ina', 'Iris', 'ina@example.org'), test.student('iv', 'Ivy', 'Iris', 'ivy@example.org'), test.student('ike', 'Ike', 'Iris'), test.student('ian', 'Ian', 'Iris');
SELECT test.sync();
INSERT INTO test.made VALUES ('ina', test.person('ina'));
SELECT api.enable_student_account(test.d(), test.id('lea'), test.id('ina')), test.accept('ina');
SELECT test.student('ina', 'Ina', 'Iris'), test.student('iv', 'Ivy', 'Iris'), rosterd.link_person(test.d(), test.person('ike'), 'ina', 'one child'), rosterd.link_person(test.d(), test.person('ike'), 'iv', 'one child');
SELECT test.sync();
SELECT is((SELECT string_agg(value, ' ' ORDER BY value) FROM directory.credential WHERE person_id IN (test.id('ina'), test.id('ivy')))
          || (SELECT count(*) FROM directory.role WHERE person_id IN (test.id('ina'), test.id('ivy'))), 'ina@example.org ivy@example.org0', 'accounts that their records have left keep their addresses, and no school');
SELECT rosterd.link_person(test.d(), test.person('ian'), 'ina', 'not so'), test.sync(p_file => false);
-- hers was left before that was remembered
UPDATE directory.person SET was_student = false WHERE district_id = test.d() AND person_id = test.id('ina');
SELECT test.guardian('gi', 'Ina', 'Iris', '{zed}', email => 'ina@example.org'), test.guardian('gv', 'Ivy', 'Iris', '{zed}', email => 'ivy@example.org');
SELECT test.sync(), test.sync();
SELECT is((SELECT string_agg(f, ' ') FROM unnest('{gi,gv}'::text[]) f WHERE test.findings('guardian.held') ~ f) || coalesce(test.person('gi'), test.person('gv'), 0), 'gi gv0', 'no guardian of that name becomes who has one of them');
SELECT ok(test.settled(), 'which stays');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('ina'), 'gi', 'asked'), '55000', NULL, 'nor by hand, by who has an account of their own');
SELECT throws_ok(format('SELECT rosterd.link_person(%s, %s, %L, %L)', test.d(), test.id('ivy'), 'gv', 'asked'), '55000', NULL, 'or had a record');
-- nor is a child whom the SIS does not know yet; but an adult's account that its record has left is an adult's, whoever is next door
SELECT test.setting('sync_enabled', 'false');
INSERT INTO test.made VALUES ('ona', api.create_student(test.d(), test.id('lea'), test.school('s1'), 'Ona', 'Iris'));
SELECT api.edit_person(test.d(), test.id('lea'), test.id('ona'), NULL, NULL, 'ona@example.org', NULL, NULL);
SELECT test.setting('sync_enabled', 'true');
SELECT test.guardian('oa', 'Oda', 'Iris', '{zed}', email => 'oda@example.org'), test.guardian('od', 'Odo', 'Iris', '{zed}', email => 'odo@example.org'), test.sync();
INSERT INTO test.made VALUES ('oda', test.person('oa'));
SELECT test.accept('oa'), rosterd.link_person(test.d(), test.person('od'), 'oa', 'asked'), test.guardian('oa', 'Oda', 'Iris', '{zed}');
INSERT INTO rosterd.district (slug, name) VALUES ('door', 'Next door') RETURNING district_id AS door \gset
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:door, 'oa', 'Oda', 'Iris', U&'student\001Es1', test.id('oda'), 1);
INSERT INTO directory.person (district_id, person_id, given_name, family_name, was_student) VALUES (:door, test.id('oda'), 'Oda', 'Iris', true);
SELECT test.sync();
SELECT throws_ok(format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL)', test.d(), test.id('lea'), test.person('zed'), 'Ona', 'Iris', 'ona@example.org'), 'RS005', NULL, 'to a leader neither');
SELECT test.guardian('og', 'Ona', 'Iris', '{zed}', email => 'ona@example.org'), test.guardian('ob', 'Oda', 'Iris', '{zed}', email => 'oda@example.org');
INSERT INTO sync.after_person (slot, sourced_id, given_name, family_name, roles, live, is_student, is_teacher, is_guardian, account, is_new, judged)
VALUES (7, 'oa', 'Oda', 'Iris', U&'parent\001Es1', true, false, false, true, test.id('oda'), false, true);
SELECT test.student('ike', 'Ike', 'Iris', 'oda@example.org'), test.guardian('ik', 'Ike', 'Senior', '{ike}', email => 'ik@example.org');
SELECT test.sync();
SELECT is(test.person('ob'), NULL, 'nor whoever gives an address that another family''s child has, too');
SELECT test.student('ike', 'Ike', 'Iris'), test.guardian('ok', 'Odile', 'Iris', '{zed}', email => 'oda@example.org'), test.setting('merge_duplicate_guardians', 'true'), test.sync();
SELECT is(coalesce(test.person('ob'), test.person('ok')), NULL, 'or a guardian of another name, also where guardians of one name are one');
SELECT test.drop_person('ok'), test.setting('merge_duplicate_guardians', 'false'), test.sync();
SELECT is(test.person('og') <> test.id('ona'), true, 'a guardian of a child''s name and address is somebody else');
SELECT is(test.person('ob'), test.id('oda'), 'one of an adult''s is that adult');
-- rule: GRD-1
SELECT throws_ok(format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL)', test.d(), test.id('lea'), test.person('zed'), 'Ina', 'Iris', 'ina@example.org'), 'RS005', NULL, 'a leader does not make it a guardian''s');
SELECT throws_ok(format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL)', test.d(), test.id('lea'), test.person('zed'), 'Ivy', 'Iris', 'ivy@example.org'), 'RS005', NULL, 'neither of them');
SELECT is(api.add_guardian(test.d(), test.id('lea'), test.person('ian'), 'Oda', 'Iris', 'oda@example.org', NULL, NULL), test.id('oda'), 'but an adult''s');
-- the account goes back to its child
SELECT rosterd.link_person(test.d(), test.id('ivy'), 'iv', 'not so'), rosterd.link_person(test.d(), test.id('ina'), 'ina', 'not so'), test.sync(p_file => false);
SELECT is(test.person('iv') || test.schools('iv') || ' ' || test.person('ina') || test.schools('ina'), format('%ss1 %ss1', test.id('ivy'), test.id('ina')), 'it is there when the child''s record returns');
-- rule: CRED-9
-- nor is it when the record goes on to a third, or who it went to is erased
SELECT test.setting('sync_enabled', 'false');
CREATE FUNCTION pg_temp.linked(p_given text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rosterd.link_person(test.d(), test.id(p_given), 'g_' || p_given, 'asked');
    RETURN 'linked';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.added(p_given text, p_email text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM api.add_guardian(test.d(), test.id('lea'), test.person('zed'), p_given, 'Elm', p_email, NULL, NULL);
    RETURN 'added';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE TABLE test.elm (given text PRIMARY KEY, email text NOT NULL);
INSERT INTO test.elm SELECT n, n || '@example.org' FROM unnest('{eva,eli}'::text[]) n;
INSERT INTO test.made SELECT given, api.create_student(test.d(), test.id('lea'), test.school('s1'), given, 'Elm') FROM test.elm;
SELECT api.edit_person(test.d(), test.id('lea'), test.id(given), NULL, NULL, email, NULL, NULL) FROM test.elm;
SELECT test.setting('sync_enabled', 'true');
SELECT test.student('s_' || given, given, 'Elm', email), test.student('to_' || given, 'To', given) FROM test.elm;
SELECT test.sync();
SELECT test.student('s_' || given, given, 'Elm'), rosterd.link_person(test.d(), test.person('to_' || given), 's_' || given, 'one child') FROM test.elm;
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('ian'), 's_eva', 'no, this one'), test.sync(p_file => false);
SELECT test.drop_person('s_eli'), test.drop_person('to_eli'), test.sync();
SELECT rosterd.erase_person(test.d(), test.person('to_eli'), 'asked');
SELECT test.guardian('g_' || given, given, 'Elm', '{zed}', email => email) FROM test.elm;
SELECT test.sync(), test.sync();
SELECT is((SELECT string_agg(f, ' ') FROM unnest('{g_eli,g_eva}'::text[]) f WHERE test.findings('guardian.held') ~ f) || coalesce(test.person('g_eli'), test.person('g_eva'), 0), 'g_eli g_eva0',
          'nor when the child''s record went on to a third, or who it went to is erased');
SELECT ok(test.settled(), 'which stays');
SELECT is((SELECT string_agg(pg_temp.linked(given), ' ' ORDER BY given) FROM test.elm), '55000 55000', 'nor by hand');
-- rule: GRD-1
SELECT is((SELECT string_agg(pg_temp.added(given, email), ' ' ORDER BY given) FROM test.elm), 'RS005 RS005', 'nor does a leader make it a guardian''s');
SELECT * FROM finish();
ROLLBACK;
