-- What the sync brings in.
BEGIN;
\ir lib.sql
SELECT plan(43);
SELECT test.district();
SELECT test.setting('time_zone', 'UTC');
SELECT test.org('s2', 'School 2'), test.org('dep', 'Science', 'department');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2', 's2');

-- rule: IN-1
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar'),
       test.student('dan', 'Dan', 'Doe'), test.student('eve', 'Eve', 'Elm'), test.student('fay', 'Fay', 'Fir');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', 'tea', 'teacher'), test.enroll('c1', 'ann'),
       test.enroll('c1', 'bob', begin_date => (current_date + 30)::text),
       test.enroll('c1', 'cyd', begin_date => (current_date + 31)::text),
       test.enroll('c1', 'dan', end_date => current_date::text),
       test.enroll('c1', 'eve', end_date => (current_date - 1)::text),
       test.enroll('c2', 'fay');
SELECT test.sync();
SELECT is((SELECT string_agg(name, ',' ORDER BY name) FROM directory.school WHERE district_id = test.d()), 'School 1,School 2',
          'schools come in, districts and departments do not');
SELECT is((SELECT name || ' ' || state FROM directory.classroom WHERE district_id = test.d() AND classroom_id = test.classroom('c1')), 'Class 1 active',
          'a class is a classroom');
SELECT is(test.members('c1'), 'ann bob dan tea*', 'an enrollment counts from 30 days before its begin to its end');
SELECT is(test.schools('fay'), 's1 s2', 'schools are those of the record and of the enrollments');
SELECT is(test.schools('eve'), 's1', 'an enrollment that has ended gives no school of its own, the record does');
SELECT is((SELECT count(*) FROM directory.person WHERE district_id = test.d() AND created_by_run IS NOT NULL), 7::bigint, 'created_by_run says which run');
CREATE FUNCTION pg_temp.tomorrow() RETURNS void LANGUAGE sql AS
    'CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE AS $$ SELECT current_date + 1 $$';
SAVEPOINT today;
SELECT pg_temp.tomorrow();
SELECT test.sync(p_file => false);
SELECT is(test.members('c1'), 'ann bob cyd tea*', 'a new day alone begins and ends enrollments');
ROLLBACK TO today;
-- in a zone where it is already tomorrow
SELECT test.setting('time_zone', 'Pacific/Kiritimati');
SELECT is(sync.today(test.d()), (clock_timestamp() AT TIME ZONE 'Pacific/Kiritimati')::date, 'the day is the district''s');

-- rule: IN-2
SELECT test.teacher('tom', 'Tom', 'Nomail');
SELECT test.sync();
SELECT is(test.schools('tom'), 's1', 'a teacher without e-mail is added');
SELECT is(test.credentials('tea') || '|' || test.credentials('tom'), 'tea@example.org|', 'a teacher has the e-mail');
SELECT is(test.invitations('tea') || '|' || test.invitations('tom'), 'tea@example.org|', 'a teacher without e-mail is not invited');
SELECT is(test.findings('teacher.no_email'), 'tom', 'and is a finding');
SELECT test.teacher('tom', 'Tom', 'Nomail', 'tom@example.org');
SELECT test.sync();
SELECT is(test.findings('teacher.no_email') || test.invitations('tom'), 'tom@example.org', 'with the e-mail the finding closes and the invitation opens');
SELECT test.user('ted', '{teacher}', 'Ted', 'Phone', email => 'ted@example.org', sms => '+15550001111');
SELECT test.sync();
SELECT is(test.credentials('ted'), 'ted@example.org', 'a teacher''s number is not brought in');

-- rule: IN-3
SELECT test.student('gil', 'Gil', 'Gum', email => 'gil@example.org');
SELECT test.sync();
SELECT is(test.schools('gil') || '|' || test.credentials('gil') || '|' || test.invitations('gil'), 's1|gil@example.org|',
          'a student has names and e-mail; the invitation waits for the account to be enabled');
SELECT is(test.schools('ann') || '|' || test.credentials('ann'), 's1|', 'a student without e-mail is added like any other');

-- rule: IN-4
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org', sms => '+15550000001', phone => '+15550000002');
SELECT test.guardian('pat', 'Pat', 'Ash', '{ann}', email => 'pat@example.org', role => 'parent');
SELECT test.guardian('rel', 'Rel', 'Ash', '{ann}', email => 'rel@example.org', role => 'relative');
SELECT test.guardian('lon', 'Lon', 'Ely', '{}', email => 'lon@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus pat rel', 'guardians, parents and relatives are guardians');
SELECT is(test.credentials('gus'), '+15550000001 +15550000002 gus@example.org', 'with e-mail, SMS and phone');
SELECT is(test.person('lon'), NULL, 'nobody without a student in the directory');
SELECT test.guardian('max', 'Max', 'Birch', '{bob}', email => 'lon@example.org');
SELECT test.sync();
SELECT is(test.credentials('max'), 'lon@example.org', 'who has no student claims nothing');
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.sync(p_file => false);
SELECT is(test.guardians('ann'), 'gus pat', 'relatives by setting, from the next run on');
SELECT test.setting('relatives_are_guardians', 'true');
SELECT test.sync(p_file => false);
SELECT is(test.guardians('ann'), 'gus pat rel', 'and back');
SELECT test.setting('phone_is_credential', 'false');
SELECT test.sync(p_file => false);
SELECT is(test.credentials('gus'), '+15550000001 gus@example.org', 'phone by setting');

-- rule: IN-5
SELECT test.guardian('hal', 'Hal', 'Birch', email => 'hal@example.org');
SELECT test.student('bob', 'Bob', 'Birch', agents => '{hal,max}');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'hal max', 'either side may state a relationship');
SELECT test.student('bob', 'Bob', 'Birch', agents => '{hal}');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'hal', 'what both sides stated ends when one omits it');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'hal', 'and stays ended');
SELECT test.guardian('max', 'Max', 'Birch', '{}', email => 'lon@example.org');
SELECT test.sync();
SELECT test.student('bob', 'Bob', 'Birch', agents => '{hal,max}');
SELECT test.sync();
SELECT is(test.guardians('bob'), 'hal max', 'dropped by both and stated anew by one, it begins anew');
SELECT test.student('cyd', 'Cyd', 'Cedar', agents => '{ann,nobody,tea}');
SELECT test.sync();
SELECT is(test.findings('link.pair') || '|' || test.findings('link.person'), 'cyd cyd|cyd', 'other pairs and dangling ids are findings');
SELECT is(test.guardians('cyd'), '', 'and no relationships');

-- rule: IN-6
SELECT is((SELECT string_agg(DISTINCT status, ',') FROM directory.person WHERE district_id = test.d()), 'invitee', 'everyone new is an invitee');
SELECT is(test.invitations('gus'), '+15550000001 gus@example.org', 'one open invitation a credential');
CREATE TEMP TABLE old_secret AS SELECT secret FROM directory.invitation WHERE district_id = test.d() AND value = 'gus@example.org' AND state = 'open';
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'august@example.org', sms => '+15550000001');
SELECT test.sync();
SELECT is(test.invitations('gus'), '+15550000001 august@example.org', 'a changed credential closes one and opens another');
SELECT is((SELECT state FROM directory.invitation i JOIN old_secret USING (secret)), 'closed', 'the old secret is void');
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT is(test.invitations('gus'), '', 'connected to nothing: the invitation closes');
SELECT test.student('ann', 'Ann', 'Ash');
SELECT test.sync();
SELECT is(test.invitations('gus'), '+15550000001 august@example.org', 'and reopens on return');
SELECT is((SELECT count(DISTINCT secret) FROM directory.invitation WHERE district_id = test.d() AND value = 'august@example.org'), 2::bigint, 'with a new secret');
CREATE FUNCTION pg_temp.asked() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(i.kind || ' ' || i.state, ', ' ORDER BY i.invitation_id) FROM directory.invitation i WHERE i.district_id = test.d() AND i.value = '+15550000007' $$;
SELECT test.setting('phone_is_credential', 'true');
SELECT test.guardian('gwen', 'Gwen', 'Ash', '{ann}', phone => '+15550000007');
SELECT test.sync();
SELECT id FROM api.take_outbox(test.d(), 1000) \g /dev/null
SELECT test.guardian('gwen', 'Gwen', 'Ash', '{ann}', sms => '+15550000007');
SELECT test.sync();
SELECT is(pg_temp.asked() || ': ' || (SELECT string_agg(o.kind, ' ') FROM api.take_outbox(test.d(), 1000) o WHERE o.value = '+15550000007'), 'phone closed, sms open: sms', 'a number that can be texted from now on is invited anew');
SELECT test.sync();
SELECT is(pg_temp.asked(), 'phone closed, sms open', 'once');
SELECT test.setting('phone_is_credential', 'false');
SELECT is((SELECT min(length(secret)) FROM directory.invitation WHERE district_id = test.d()) >= 32, true, 'that cannot be guessed');
UPDATE directory.person SET account_enabled = true WHERE district_id = test.d() AND person_id = test.person('gil');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('gil'));
SELECT test.sync(p_file => false);
SELECT is(test.invitations('gil'), 'gil@example.org', 'a student is invited once the account is enabled');

-- rule: IN-7
SELECT test.user('adm', '{administrator}', 'Ad', 'Min', email => 'hal@example.org'), test.user('aid', '{aide}', 'Aid', 'E', email => 'aid@example.org');
SELECT test.sync();
SELECT is((SELECT counts ->> 'skipped' FROM rosterd.run ORDER BY run_id DESC LIMIT 1), '2', 'other roles are counted as skipped');
SELECT is(concat(test.person('adm'), test.person('aid'), '|', test.credentials('hal')), '|hal@example.org', 'not brought in, and claim nothing');
SELECT test.user('gil', '{teacher}', 'Gil', 'Gum', email => 'gil@example.org');
SELECT test.user('hal', '{student}', 'Hal', 'Birch', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.findings('person.role_flip') || '|' || test.schools('gil') || '|' || test.guardians('bob'), 'gil hal|s1|hal max',
          'an id that changes between student and adult is a finding and not applied');
SELECT * FROM finish();
ROLLBACK;
