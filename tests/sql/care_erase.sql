-- Erasing for good: no table of ours says anything of the person any more, and nothing of it comes back.
BEGIN;
\ir lib.sql
SELECT plan(37);
SELECT test.district();
SELECT test.class('c1', 'Class 1');
SELECT test.student('zqstu', 'Zqgiven', 'Zqfamily', email => 'zqstu@zq.example'), test.student('bob', 'Bob', 'Birch');
SELECT test.guardian('zqgua', 'Zqguard', 'Zqfamily', '{zqstu,bob}', email => 'zqgua@zq.example', sms => '+12125550199');
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'zqgua@zq.example', sms => '+12125550111');
SELECT test.guardian('ivy', 'Ivy', 'Birch', '{bob}', email => 'zqgua@zq.example');
SELECT test.enroll('c1', 'zqstu'), test.enroll('c1', 'bob');
SELECT test.sync();
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@example.org') AS leader \gset
SELECT rosterd.grant_users_manager(test.d(), :leader);
SELECT api.enable_student_account(test.d(), :leader, test.person('zqstu'));
SELECT api.edit_person(test.d(), :leader, test.person('zqstu'), 'Zqedited', NULL, NULL, NULL, NULL);
SELECT api.add_backpack_item(test.d(), :leader, test.classroom('c1'), test.person('zqstu'), 'Zq drawing');
SELECT test.guardian('zqgua', 'Zqsecond', 'Zqfamily', '{zqstu,bob}', email => 'zqgua@zq.example', sms => '+12125550188');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('zqgua'), 'zqgua', 'so that there is a link');
SELECT test.sync();
-- as a finding about a namesake says it (CRED-7)
UPDATE rosterd.finding SET message = message || ' zqgua has the same name.' WHERE sourced_id = 'hal' AND closed_by_run IS NULL;
SELECT rosterd.pin(test.d(), 'person', test.person('zqgua'), 'so that there is a pin');
SELECT test.person('zqstu') AS stu, test.person('zqgua') AS gua, test.person('bob') AS bob \gset
INSERT INTO directory.notice (district_id, person_id, kind, value, what) VALUES (test.d(), :gua, 'sms', '+12125550199', 'address_replaced');
INSERT INTO sync.offered VALUES (test.d(), 1, 'zqgua', 'zqnew'), (test.d(), 1, 'hal', 'zqgua'), (test.d(), 1, 'bob', 'xbob');
-- Every row of every table of ours, but for the test's own, that has such a word in it.
CREATE FUNCTION pg_temp.traces(p_words text) RETURNS TABLE (relation text, line text) LANGUAGE plpgsql AS $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') LOOP
        RETURN QUERY EXECUTE format('SELECT %L::text, x::text FROM %s x WHERE x::text ~ $1', v_table, v_table) USING p_words;
    END LOOP;
END $$;
SELECT isnt_empty($$ SELECT relation FROM pg_temp.traces('zq|Zq|\+12125550199') EXCEPT SELECT 'stage.x' $$, 'they are all over the place');
SELECT ok((SELECT count(DISTINCT split_part(relation, '.', 1)) FROM pg_temp.traces('zqgua|\+12125550199')) >= 5, 'in five schemas at least');
SELECT matches((SELECT message FROM rosterd.finding WHERE sourced_id = 'hal' AND closed_by_run IS NULL), 'zqgua', 'also in what is found of others');
SELECT test.versions() AS nothing \gset

-- refusals first
SELECT throws_ok(format($$ SELECT rosterd.erase_person(test.d(), %s, '') $$, :gua), '22023', NULL, 'not without a reason');
SELECT throws_ok($$ SELECT rosterd.erase_person(test.d(), 0, 'x') $$, 'RS008', NULL, 'nor who is not there');
SELECT throws_ok(format($$ SELECT rosterd.erase_person(test.d() + 1, %s, 'x') $$, :gua), 'RS008', NULL, 'nor from another district');
SET LOCAL ROLE rosterd_csm;
SELECT throws_ok('SELECT rosterd.erase_person(1, 1, $$x$$)', '42501', NULL, 'nor by a CSM');
RESET ROLE;

-- rule: ABN-E3
SELECT token AS token FROM sis.judged WHERE district_id = test.d() \gset
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS next_door \gset
INSERT INTO sis.judged SELECT (jsonb_populate_record(j, jsonb_build_object('district_id', :next_door))).* FROM sis.judged j WHERE j.district_id = test.d();
SELECT matches(rosterd.erase_person(test.d(), :gua, 'request of 12 May'), 'is erased for good: \d+ rows.*makes a new person of it', 'it says what that means while the SIS has them');
SELECT is_empty($$ SELECT * FROM pg_temp.traces('\mzqgua(?!@)|Zqguard|Zqsecond|\+12125550199|\+12125550188') $$, 'no table says anything of the guardian any more');
SELECT results_eq($$ SELECT DISTINCT relation FROM pg_temp.traces('zqgua@zq') ORDER BY 1 $$, ARRAY['sis.person', 'sync.mark'], 'an address that others claim too is theirs');
SELECT is_empty(format($$ SELECT * FROM pg_temp.traces('[(,"{: ]%s[),"}]') t WHERE t.relation LIKE 'directory.%%' AND t.relation <> 'directory.invitation' $$, :gua), 'nor has any the number');
SELECT is((SELECT message FROM rosterd.finding WHERE sourced_id = 'hal' AND closed_by_run IS NULL),
          'The guardian is in the directory, but another e-mail or number of theirs is also claimed by: ivy, (erased). Give each guardian their own in the SIS. (erased) has the same name.', 'what is found of others goes on without the id');
SELECT is((SELECT string_agg(act || ' ' || (after ->> 'reason'), ',') FROM audit.change WHERE key @> jsonb_build_object('person_id', :gua::bigint)),
          format('erase_person by %s request of 12 May', session_user), 'the erasure itself is in the audit');
SELECT isnt((SELECT token FROM sis.judged WHERE district_id = test.d())::text, :'token', 'digests of the mirror are void');
SELECT is((SELECT token FROM sis.judged WHERE district_id = :next_door)::text, :'token', 'not those of the district next door');
SELECT is(test.as_daemon('SELECT slug FROM sync.disposals()'), 'oak', 'and the daemons are told to clear their spools');
SELECT cmp_ok(test.as_daemon('SELECT age_s FROM sync.disposals()')::numeric, '<', 60::numeric, 'of what is older than this');
SELECT is(test.guardians('bob'), 'hal', 'others are as they were');
SELECT is((SELECT string_agg(old_id || ' ' || new_id, ',') FROM sync.offered WHERE district_id = test.d()), 'bob xbob', 'also what was offered of them');
SELECT is((SELECT count(*) FROM rosterd.tally t WHERE t.district_id = test.d()
             AND t.warnings <> (SELECT coalesce(sum(f.count), 0) FROM rosterd.finding f WHERE f.district_id = test.d() AND f.closed_by_run IS NULL AND f.severity = 'warning')),
          0::bigint, 'the sums of the findings are right');

-- rule: CRED-6
SELECT test.sync(p_file => false);
SELECT is(test.findings('guardian.shared') || '|' || test.findings('guardian.contested'), 'ivy|hal', 'the claims of the others are judged again');
SELECT test.guardian('ivy', 'Ivy', 'Birch', '{bob}', email => 'ivy@example.org');
SELECT test.drop_person('zqgua');
SELECT test.sync();
SELECT is(test.credentials('hal') || '|' || test.guardians('bob'), '+12125550111 zqgua@zq.example|hal ivy', 'what is free goes to who claims it');
SELECT is_empty(format('SELECT FROM directory.person WHERE person_id = %s', :gua), 'nobody has come back from the mirror');

-- the child, whose record stays in the SIS
SELECT is((SELECT count(*) FROM api.visible_backpack(test.d(), :leader, :stu)), 1::bigint, 'a child with a drawing');
INSERT INTO rosterd.finding (district_id, run_id, severity, code, file, line, sourced_id, message)
SELECT test.d(), max(r.run_id), 'warning', 'date.order', 'enrollments.csv', 1, i, 'It ends before it begins.' FROM rosterd.run r, unnest('{c1/zqstu,c1/bob}'::text[]) i GROUP BY i;
SELECT rosterd.erase_person(test.d(), :stu, 'request of 13 May');
SELECT is_empty($$ SELECT * FROM pg_temp.traces('zqstu|Zqgiven|Zqfamily|Zqedited|Zq drawing') $$, 'nothing of the child is left');
SELECT is((SELECT string_agg(sourced_id, ' ') FROM rosterd.finding WHERE district_id = test.d() AND file = 'enrollments.csv' AND closed_by_run IS NULL), 'c1/bob', 'but what is found of the rows of others');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
SELECT is_empty($$ SELECT * FROM pg_temp.traces('zqstu|Zqfamily') $$, 'also when the whole district is judged again');
SELECT test.sync() AS run \gset
SELECT isnt(test.person('zqstu'), :stu::bigint, 'a file that still has the child makes a new person of it');
SELECT is((SELECT created_by_run FROM directory.person WHERE person_id = test.person('zqstu')), :run::bigint, 'made by that run');
SELECT is(test.schools('zqstu') || '|' || test.members('c1') || '|' || (SELECT given_name FROM directory.person WHERE person_id = test.person('zqstu')),
          's1|bob zqstu|Zqgiven', 'where the SIS says, under the name the SIS says');
SELECT is((SELECT count(*) FROM directory.backpack_item WHERE district_id = test.d()), 0::bigint, 'with nothing of the old one');

-- rule: SAFE-8
SELECT test.begin_run() AS run \gset
SELECT test.plan(:run);
SELECT rosterd.erase_person(test.d(), test.person('zqstu'), 'request of 14 May');
SELECT throws_ok(format('SELECT test.apply(%s)', :run), 'RS104', format('the mirror is not the one that run %s was planned from', :run), 'a run that was planned before stages its file again');
SELECT test.as_daemon(format('SELECT sync.run_end(%s, %L, NULL, NULL, NULL)', :run, 'failed'));
SELECT is_empty(format($$ SELECT * FROM rosterd.undo(%s, true) WHERE what ~ 'zq' $$, (SELECT max(run_id) FROM rosterd.run WHERE applied_at IS NOT NULL)), 'an undo brings back nobody who was erased');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = test.d() AND act LIKE 'erase_person by %'), 3::bigint, 'three were erased, says the audit');

-- rule: IN-6
SELECT test.student('kit', 'Kit', 'Kale'), test.guardian('kay', 'Kay', 'Kale', '{kit}', email => 'kay@example.org');
SELECT test.sync();
SELECT is(test.invitations('kay'), 'kay@example.org', 'a guardian of one student is invited');
SELECT rosterd.erase_person(test.d(), test.person('kit'), 'request of 3 June');
SELECT is(test.invitations('kay'), '', 'and not any more, at once, when that student is erased');
-- rule: CRED-6
-- ula's father is not here, as he shares his only address with uma's; without ula he claims it no more
SELECT test.student('ula', 'Ula', 'Umber'), test.student('uma', 'Uma', 'Usk');
SELECT test.guardian('udo', 'Udo', 'Umber', '{ula}', email => 'u@example.org'), test.guardian('uri', 'Uri', 'Usk', '{uma}', email => 'u@example.org', sms => '+12125550171');
SELECT test.sync();
SELECT count(*) FROM rosterd.erase_person(test.d(), test.person('ula'), 'asked for') x;
SELECT test.drop_person('ula'), test.sync();
SELECT is(test.credentials('uri'), '+12125550171 u@example.org', 'who shared an address with the guardian of an erased student has it alone');

SELECT * FROM finish();
ROLLBACK;
