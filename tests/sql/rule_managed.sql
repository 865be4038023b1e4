-- Where the sync owns the details of active people.
BEGIN;
\ir lib.sql
SELECT plan(44);
SELECT test.district();
SELECT test.student('ann', 'Ann', 'Ash', email => 'ann@example.org'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org', sms => '+12125550101'),
       test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'hal@example.org'),
       test.guardian('ida', 'Ida', 'Cedar', '{cyd}', email => 'ida@example.org');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim@example.org');
SELECT test.sync();
SELECT test.accept('gus'), test.accept('hal'), test.accept('tim');
CREATE FUNCTION pg_temp.named(p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT given_name || ' ' || family_name FROM directory.person WHERE person_id = test.person(p_id) $$;
CREATE FUNCTION pg_temp.notices() RETURNS text LANGUAGE plpgsql AS $$
DECLARE v text;
BEGIN
    SELECT coalesce(string_agg(test.name_of(person_id) || ' ' || value || ' ' || what, ', ' ORDER BY value), '') INTO v FROM directory.notice WHERE district_id = test.d();
    DELETE FROM directory.notice;
    RETURN v;
END $$;

-- rule: UPD-5
SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'august@example.org', sms => '+12125550101');
SELECT test.sync();
SELECT is(pg_temp.named('gus') || ' ' || test.credentials('gus'), 'Gus Ash +12125550101 gus@example.org', 'off: an active person''s details are their own');
SELECT is((SELECT string_agg(sourced_id, ' ') FROM rosterd.drift WHERE district_id = test.d()), 'gus', 'the difference is drift');
SELECT test.setting('update_active_users', 'true');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.named('gus') || ' ' || test.credentials('gus'), 'August Ash +12125550101 august@example.org', 'on: they are the SIS''s, though the SIS row did not change');
SELECT is(pg_temp.notices(), 'gus +12125550101 details_changed, gus gus@example.org details_changed', 'a notice goes to each address they had');
SELECT is((SELECT status FROM directory.person WHERE person_id = test.person('gus')) || test.invitations('gus'), 'active', 'they are active still, and not invited');
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM audit.change WHERE run_id = (SELECT max(run_id) FROM rosterd.run)), 'UPD-5', 'the audit says why');
SELECT is((SELECT string_agg(sourced_id, ' ') FROM rosterd.drift WHERE district_id = test.d()), NULL, 'and nothing drifts');
SELECT ok(test.settled(), 'the same again changes nothing');
SELECT is(pg_temp.notices(), '', 'and tells nobody');
SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'august@example.org', sms => '+12125550101', phone => '+12125550102');
SELECT test.sync();
SELECT is(test.credentials('gus'), '+12125550101 +12125550102 august@example.org', 'what the SIS adds is added');
SELECT is(pg_temp.notices(), 'gus +12125550101 details_changed, gus august@example.org details_changed', 'with a notice, not to the address it is about');
SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'august@example.org');
SELECT test.sync();
SELECT is(test.credentials('gus'), 'august@example.org', 'what it drops is dropped');
SELECT pg_temp.notices();
SELECT ok((SELECT proved FROM directory.credential WHERE value = 'hal@example.org'), 'what was proved ...');
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}');
SELECT test.sync();
SELECT is(test.credentials('hal'), 'hal@example.org', 'the last credential is never removed');
SELECT is(pg_temp.notices(), '', 'and nothing is told');
SELECT ok((SELECT proved FROM directory.credential WHERE value = 'hal@example.org'), '... stays proved');
-- a new one that another has: the old one stays, whoever wants it
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'august@example.org'), test.guardian('ida', 'Ida', 'Cedar', '{cyd}', email => 'hal@example.org', sms => '+12125550103');
SELECT test.sync();
SELECT is(test.credentials('hal') || '|' || test.credentials('ida') || '|' || test.credentials('gus'), 'hal@example.org|+12125550103|august@example.org',
          'one that another holds is not taken from them, and the last stays with who has it, whoever wants it');
SELECT is(test.findings(), 'hal:guardian.contested ida:guardian.contested', 'and both are findings');
SELECT ok(test.settled(), 'which stays');
-- the holder gives it up: each gets theirs, in one run
SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'gus3@example.org');
SELECT test.sync();
SELECT is(test.credentials('hal') || '|' || test.credentials('ida') || '|' || test.credentials('gus'), 'august@example.org|+12125550103 hal@example.org|gus3@example.org',
          'when the holder moves on, everybody in the row gets theirs');
SELECT is(test.findings(), '', 'and no finding is left');
SELECT ok(test.settled(), 'which stays');
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'gus3@example.org'), test.guardian('gus', 'August', 'Ash', '{ann}', email => 'august@example.org');
SELECT test.sync();
SELECT is(test.credentials('hal') || '|' || test.credentials('gus'), 'gus3@example.org|august@example.org', 'two active people who swap get them swapped');
SELECT ok(test.settled(), 'which stays');
SELECT pg_temp.notices();
-- a chain of last credentials
SELECT test.accept('ida');
SELECT test.guardian('ida', 'Ida', 'Cedar', '{cyd}', email => 'gus3@example.org'), test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'august@example.org'),
       test.guardian('gus', 'August', 'Ash', '{ann}', email => 'tim@example.org');
SELECT test.sync();
SELECT is(test.credentials('gus') || '|' || test.credentials('hal') || '|' || test.credentials('ida'), 'august@example.org|gus3@example.org|+12125550103 hal@example.org',
          'where the last of a row gets nothing, nobody before them loses anything');
SELECT ok(test.settled(), 'which stays');
SELECT is(pg_temp.notices(), '', 'and nothing is told');
SELECT test.teacher('tim', 'Tim', 'Teal', 'tim2@example.org');
SELECT test.sync();
SELECT is(test.credentials('gus') || '|' || test.credentials('hal') || '|' || test.credentials('ida') || '|' || test.credentials('tim'),
          'tim@example.org|august@example.org|gus3@example.org|tim2@example.org', 'until the first of it moves, whatever did not change behind');
SELECT ok(test.settled(), 'which stays');
-- who cannot edit them
SELECT throws_ok(format('SELECT api.update_account(%s, %s, %L, NULL, NULL, NULL, NULL)', test.d(), test.person('gus'), 'Gussy'), 'RS007', NULL, 'they cannot change their details');
SELECT throws_ok(format('SELECT api.update_account(%s, %s, NULL, NULL, NULL, %L, NULL)', test.d(), test.person('gus'), '+12125550199'), 'RS007', NULL, 'neither names nor numbers');
CREATE TEMP TABLE lea AS SELECT rosterd.appoint_leader(test.d(), NULL, 'Lea', 'Lead', 'lea@example.org') AS id;
SELECT rosterd.grant_users_manager(test.d(), (SELECT id FROM lea));
SELECT throws_ok(format('SELECT api.edit_person(%s, %s, %s, %L, NULL, NULL, NULL, NULL)', test.d(), (SELECT id FROM lea), test.person('gus'), 'Gussy'), 'RS007', NULL, 'nor does USERS_MANAGER');
SELECT lives_ok(format('SELECT api.update_account(%s, %s, %L, NULL, NULL, %L, NULL)', test.d(), (SELECT id FROM lea), 'Leah', '+12125550198'), 'who is in no SIS does');
SELECT test.sync();
SELECT is((SELECT string_agg(value, ' ' ORDER BY value) FROM directory.credential WHERE person_id = (SELECT id FROM lea)), '+12125550198 lea@example.org', 'and keeps it');
SELECT test.drop_person('gus');
SELECT test.sync();
SELECT lives_ok(format('SELECT api.update_account(%s, %s, %L, NULL, %L, NULL, NULL)', test.d(), test.person('gus'), 'Gussy', 'gussy@example.org'), 'so does who is in it no more');
SELECT test.sync();
SELECT is(test.credentials('gus'), 'gussy@example.org', 'and keeps it too');
SELECT pg_temp.notices();
SAVEPOINT by_hand;
SELECT test.guardian('gus', 'Gussy', 'Ash', '{ann}', email => 'gussy@example.org');
SELECT test.sync();
SELECT is((SELECT string_agg(value || ' ' || manual, ',') FROM directory.credential WHERE person_id = test.person('gus')) || '|' || pg_temp.notices(), 'gussy@example.org false|',
    'where the SIS says what they had entered it becomes its own, and nothing is told');
ROLLBACK TO by_hand;
SELECT test.guardian('gus', 'August', 'Ash', '{ann}', email => 'august2@example.org', phone => '+12125550107');
SELECT test.sync();
SELECT is(pg_temp.named('gus') || ' ' || test.credentials('gus'), 'August Ash +12125550107 august2@example.org', 'until they are back');
SELECT is(pg_temp.notices(), 'gus gussy@example.org details_changed', 'with a notice');
-- off again
SELECT test.setting('update_active_users', 'false');
SELECT test.guardian('gus', 'Auguste', 'Ash', '{ann}', email => 'auguste@example.org');
SELECT test.sync();
SELECT is(pg_temp.named('gus') || ' ' || test.credentials('gus') || pg_temp.notices(), 'August Ash +12125550107 august2@example.org', 'off again, their details are their own');
SELECT lives_ok(format('SELECT api.update_account(%s, %s, %L, NULL, NULL, NULL, NULL)', test.d(), test.person('gus'), 'Gustav'), 'and theirs to change');
-- a student's name by hand stays
SELECT test.setting('update_active_users', 'true');
SELECT api.enable_student_account(test.d(), (SELECT id FROM lea), test.person('ann'));
SELECT test.accept('ann');
SELECT api.edit_person(test.d(), (SELECT id FROM lea), test.person('ann'), 'Annie', NULL, NULL, NULL, NULL);
SELECT test.student('ann', 'Anna', 'Ashe', email => 'anna@example.org');
SELECT test.sync();
SELECT is(pg_temp.named('ann') || ' ' || test.credentials('ann'), 'Annie Ashe anna@example.org', 'an active student''s edited name stays, the rest follows');
SELECT ok(test.settled(), 'which stays');
-- who has no address any more hears of it by the one they get, and by nobody else's
DELETE FROM directory.credential WHERE district_id = test.d() AND person_id IN (test.person('gus'), test.person('tim'));
SELECT pg_temp.notices();
SELECT test.guardian('gus', 'Auguste', 'Ash', '{ann}', email => 'auguste4@example.org'), test.teacher('tim', 'Tim', 'Teal', 'tim4@example.org');
SELECT test.sync();
SELECT is(pg_temp.notices(), 'gus auguste4@example.org details_changed, tim tim4@example.org details_changed', 'who had none is told by the address they get');
SELECT * FROM finish();
ROLLBACK;
