-- Who gets which credential, and who is not added for want of one.
BEGIN;
\ir lib.sql
SELECT plan(53);
SELECT test.district();
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar', email => 'cyd@example.org');
CREATE FUNCTION pg_temp.message(p_id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT message FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND sourced_id = p_id $$;

-- rule: CRED-1
SELECT test.guardian('non', 'Non', 'Ash', '{ann}'),
       test.guardian('inv', 'Inv', 'Ash', '{ann}', invalid => 'e'),
       test.guardian('sh1', 'One', 'Ash', '{ann}', email => 'shared@example.org'),
       test.guardian('sh2', 'Two', 'Birch', '{bob}', email => 'shared@example.org'),
       test.guardian('hld', 'Held', 'Ash', '{ann}', email => 'tea@example.org'),
       test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann') || test.guardians('bob'), '', 'a guardian without a credential that is theirs alone is not added');
SELECT is(test.findings(), 'hld:guardian.held inv:guardian.invalid non:guardian.none sh1:guardian.shared sh2:guardian.shared',
          'one finding a guardian says why');
SELECT ok(pg_temp.message('sh1') LIKE '%sh2%' AND pg_temp.message('hld') LIKE '%tea%', 'and with whom they collide, by id');
SELECT ok(NOT EXISTS (SELECT FROM rosterd.finding WHERE message ~ '@|Ash|Birch'), 'no name and no address in it');
SELECT is((SELECT counts ->> 'refused_guardians' FROM rosterd.run ORDER BY run_id DESC LIMIT 1), '5', 'and they are counted');

-- rule: CRED-2
SELECT test.guardian('non', 'Non', 'Ash', '{ann,bob}', sms => '+15550000001');
SELECT test.sync();
SELECT is(test.guardians('ann') || '|' || test.guardians('bob'), 'non|non', 'with a credential of their own they are added, with their relationships');
SELECT is(test.findings('guardian.none'), '', 'and the finding closes');
SELECT is(test.invitations('non'), '+15550000001', 'and they are invited');

-- rule: CRED-3
SELECT test.guardian('one', 'One', 'Cedar', '{cyd}', sms => '+15550000009', phone => '+15550000009');
SELECT test.sync();
SELECT is((SELECT string_agg(kind || value, ' ') FROM directory.credential WHERE district_id = test.d() AND person_id = test.person('one')),
          'sms+15550000009', 'the same number as SMS and phone is one credential');
SELECT test.setting('phone_is_credential', 'false');
SELECT test.guardian('one', 'One', 'Cedar', '{cyd}', phone => '+15550000009');
SELECT test.sync();
SELECT is(test.credentials('one') || test.findings('guardian.none'), 'one', 'phone claims nothing where the setting says so');
SELECT test.setting('phone_is_credential', 'true');
SELECT test.sync();
SELECT is((SELECT string_agg(kind || value, ' ') FROM directory.credential WHERE district_id = test.d() AND person_id = test.person('one')),
          'phone+15550000009', 'and is one where it does not');

-- rule: CRED-4
SELECT test.guardian('ga', 'A', 'Ash', '{ann}', email => 'a@example.org'), test.guardian('gb', 'B', 'Birch', '{bob}', email => 'b@example.org');
SELECT test.sync();
SELECT test.guardian('ga', 'A', 'Ash', '{ann}', email => 'b@example.org'), test.guardian('gb', 'B', 'Birch', '{bob}', email => 'a@example.org');
SELECT test.sync();
SELECT is(test.credentials('ga') || ' ' || test.credentials('gb'), 'b@example.org a@example.org', 'invitees who swap get them swapped');
SELECT test.guardian('gc', 'C', 'Cedar', '{cyd}', email => 'cyd@example.org', sms => '+15550000010');
SELECT test.sync();
SELECT is(test.credentials('gc') || '|' || test.credentials('cyd'), '+15550000010 cyd@example.org|', 'a guardian is before a student');
SELECT test.teacher('tb', 'T', 'B', 'a@example.org');
SELECT test.sync();
SELECT is(test.credentials('tb') || '|' || test.credentials('gb'), 'a@example.org|', 'staff is before a guardian');
SELECT test.guardian('gd', 'D', 'Birch', '{bob}', email => 'b@example.org');
SELECT test.sync();
SELECT is(test.credentials('ga') || '|' || coalesce(test.person('gd')::text, 'none'), 'b@example.org|none', 'within a rank the last run''s holder keeps it');
SELECT test.guardian('ga', 'A', 'Ash', '{ann}', email => 'other@example.org');
SELECT test.sync();
SELECT is(test.credentials('gd'), 'b@example.org', 'until the holder claims it no more');
SELECT test.guardian('ga', 'A', 'Ash', '{ann}', email => 'b@example.org');
SELECT test.sync();
SELECT is(test.credentials('gd') || '|' || test.credentials('ga'), 'b@example.org|', 'and then the new one is the holder');
SELECT test.accept('gd');
SELECT test.guardian('gd', 'D', 'Birch', '{bob}', email => 'dd@example.org'), test.teacher('tc', 'T', 'C', 'b@example.org');
SELECT test.sync();
SELECT is(test.credentials('gd') || '|' || test.credentials('tc'), 'b@example.org|', 'an active holder is before everybody, and claims what they hold');
SELECT is(test.findings('teacher.email_taken'), 'tc', 'a teacher who cannot have theirs is a finding');
SELECT test.guardian('ge', 'E', 'Birch', '{bob}', email => 'dd@example.org');
SELECT test.sync();
SELECT is(test.credentials('ge'), 'dd@example.org', 'what the SIS gives an active person claims nothing');
SELECT test.drop_person('ge');
SELECT test.sync();
SELECT is(test.credentials('ge'), '', 'an invitee without a live record is set free');
INSERT INTO directory.person (district_id, given_name, family_name) VALUES (test.d(), 'Han', 'Byhand');
INSERT INTO directory.credential (district_id, person_id, kind, value, manual)
    SELECT test.d(), person_id, 'email', 'han@example.org', true FROM directory.person WHERE district_id = test.d() AND given_name = 'Han';
INSERT INTO sync.mark (district_id, kind, value) VALUES (test.d(), 'credential', 'han@example.org');
SELECT test.sync();
SELECT ok(EXISTS (SELECT FROM directory.credential WHERE district_id = test.d() AND value = 'han@example.org'),
          'what was given by hand to somebody without a record stays theirs');
SELECT test.teacher('td', 'T', 'D', 'han@example.org');
SELECT test.sync();
SELECT is(test.credentials('td'), 'han@example.org', 'but is a claim like others');

-- rule: CRED-5
SELECT test.guardian('ha', 'H', 'A', '{ann}', email => 'h@example.org', sms => '+15550000011'),
       test.guardian('hb', 'H', 'B', '{bob}', email => 'h@example.org', sms => '+15550000012');
SELECT test.sync();
SELECT is(test.credentials('ha') || ' ' || test.credentials('hb'), '+15550000011 +15550000012', 'added with the one of their own');
SELECT is(test.findings('guardian.contested'), 'ha hb', 'the other is a finding');
SELECT is(test.invitations('ha'), '+15550000011', 'and is not used to invite');

-- rule: CRED-6
SELECT is(coalesce(test.person('sh1'), test.person('sh2')), NULL, 'the two that share are still not added');
SELECT test.guardian('sh2', 'Two', 'Birch', '{bob}', email => 'two@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann') ~ 'sh1' AND test.credentials('sh1') = 'shared@example.org', true, 'when the other one changes, the untouched one is added');
SELECT is(test.credentials('sh2'), 'two@example.org', 'and the one who changed');
SELECT test.drop_person('hb');
SELECT test.sync();
SELECT is(test.credentials('ha') || test.findings('guardian.contested'), '+15550000011 h@example.org', 'when the other one leaves, the rest is completed and the finding closes');
SELECT test.drop_person('tea');
SELECT test.sync();
SELECT is(test.guardians('ann') ~ 'hld', true, 'a teacher who left holds nobody''s address');
SELECT test.student('sol', 'Sol', 'O');
SELECT test.guardian('so1', 'So', 'One', '{ann}', email => 'sol@example.org'), test.guardian('so2', 'So', 'Two', '{sol}', email => 'sol@example.org');
SELECT test.sync();
SELECT is(coalesce(test.person('so1'), test.person('so2')), NULL, 'shared by two');
SELECT test.guardian('so2', 'So', 'Two', '{}', email => 'sol@example.org');
SELECT test.sync();
SELECT is(test.credentials('so1'), 'sol@example.org', 'one of them lost the last student and claims no more');
SELECT test.setting('relatives_are_guardians', 'false');

-- rule: CRED-8
SELECT is(test.guardians('cyd'), 'gc one', 'before');
SELECT test.guardian('one', 'One', 'Cedar', '{cyd}');
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.invitations('one') || '|' || test.credentials('one'), 'gc||', 'an invitee who lost the last credential is withdrawn');
SELECT is(test.findings('guardian.none'), 'one', 'with a finding');
CREATE TEMP TABLE account AS SELECT test.person('one') AS id;
SELECT test.guardian('one', 'One', 'Cedar', '{cyd}', email => 'one@example.org');
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.invitations('one'), 'gc one|one@example.org', 'and comes back');
SELECT is(test.person('one'), (SELECT id FROM account), 'with the same account');
SELECT test.accept('one');
SELECT test.guardian('one', 'One', 'Cedar', '{cyd}');
SELECT test.sync();
SELECT is(test.guardians('cyd') || '|' || test.credentials('one'), 'gc one|one@example.org', 'an active one is not withdrawn');
DELETE FROM directory.credential WHERE district_id = test.d() AND person_id = test.person('one');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('one'));
SELECT test.sync();
SELECT is(test.guardians('cyd'), 'gc one', 'whatever they do with their credentials');
UPDATE directory.relationship SET claim_manual = true WHERE district_id = test.d() AND guardian_id = test.person('gc');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('gc'));
SELECT test.guardian('gc', 'C', 'Cedar', '{cyd}');
SELECT test.sync();
SELECT is(test.guardians('cyd'), 'gc one', 'nor one with a manual claim');
SELECT ok((SELECT claim_sis FROM directory.relationship WHERE guardian_id = test.person('gc')), 'who keeps the SIS''s claim too');
INSERT INTO directory.credential (district_id, person_id, kind, value, manual) VALUES (test.d(), test.person('gc'), 'email', 'byhand@example.org', true);
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('gc'));
SELECT test.sync();
SELECT is(test.credentials('gc'), 'byhand@example.org', 'whose hand-given credential stays while the SIS gives none');
SELECT test.guardian('gc', 'C', 'Cedar', '{cyd}', email => 'gc@example.org');
SELECT test.sync();
SELECT is(test.credentials('gc'), 'gc@example.org', 'and goes when it gives one');
-- rule: CRED-4
-- rule: UPD-4
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@leader.example') AS leader \gset
SELECT test.student('zoe', 'Zoe', 'Zinnia', email => 'zinnia@example.org'), test.sync();
SELECT api.enable_student_account(test.d(), :leader, test.person('zoe'));
SELECT test.accept('zoe');
SELECT test.guardian('gz', 'Z', 'Zinnia', '{zoe}', email => 'zinnia@example.org');
SELECT test.sync();
SELECT is(test.credentials('zoe') || '|' || coalesce(test.person('gz')::text, 'none'), 'zinnia@example.org|none', 'what a student signs in with is taken from them for nobody, their guardian neither');
SELECT matches((SELECT message FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL AND code = 'guardian.held' AND sourced_id = 'gz'),
               'zoe', 'which the finding about the guardian says');
SELECT test.guardian('gz', 'Z', 'Zinnia', '{zoe}', email => 'zinnia@example.org', sms => '+15550000031');
SELECT test.sync();
SELECT is(test.credentials('zoe') || '|' || test.credentials('gz'), 'zinnia@example.org|+15550000031', 'who is added with another one');
-- rule: CRED-6
SELECT test.guardian('sa', 'S', 'Ash', '{ann}', email => 'sa@example.org', sms => '+15550000041', phone => '+15550000042'),
       test.guardian('sb', 'S', 'Birch', '{bob}', sms => '+15550000041'), test.guardian('sc', 'S', 'Cedar', '{cyd}', phone => '+15550000042');
SELECT test.sync();
SELECT is(coalesce(test.person('sb'), test.person('sc')), NULL, 'two who share a number have it neither');
SELECT test.guardian('sa', 'S', 'Ash', '{ann}', email => 'sa@example.org'), test.sync();
SELECT is(test.credentials('sb') || ' ' || test.credentials('sc'), '+15550000041 +15550000042', 'until the other one changes, who did not share anything else with them');
-- rule: CRED-5
-- Two teachers get the address that somebody has by hand: nobody has it then.
SELECT api.add_guardian(test.d(), :leader, test.person('ann'), 'Uma', 'Umber', 'umber@example.org', NULL, NULL) AS uma \gset
SELECT test.sync();
SELECT test.teacher('t1', 'Rod', 'Umber', 'umber@example.org'), test.teacher('t2', 'Uma', 'Umber', 'umber@example.org');
SELECT test.sync();
SELECT ok(NOT EXISTS (SELECT FROM directory.credential WHERE value = 'umber@example.org'), 'what two of a higher rank claim is taken from who has it, and nobody''s');
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(sourced_id || ' ' || message, E'\n' ORDER BY sourced_id) FROM rosterd.finding
    WHERE district_id = test.d() AND closed_by_run IS NULL AND code LIKE 'teacher.%' AND sourced_id IN ('t1', 't2') $$;
SELECT is(pg_temp.told(),
          E't1 The teacher is in the directory, but cannot be invited: the e-mail is also claimed by: t2. Correct it in the SIS.\n'
           't2 The teacher is in the directory, but cannot be invited: the e-mail is also claimed by: t1. Correct it in the SIS.', 'the findings name each of the two to the other, and not who has lost it');
CREATE TEMP TABLE told AS SELECT pg_temp.told() AS text;
SELECT ok(test.settled(), 'which stays');
SELECT is(pg_temp.told(), (SELECT text FROM told), 'in the same words');
SELECT * FROM finish();
ROLLBACK;
