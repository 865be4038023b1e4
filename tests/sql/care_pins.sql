-- What is pinned is not removed by the sync, and goes by the SIS again once it is not.
BEGIN;
\ir lib.sql
SELECT plan(41);
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.guardian('hal', 'Hal', 'Ash', '{ann}', email => 'hal@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c2', 'bob');
SELECT test.sync();
CREATE FUNCTION pg_temp.pin(p_person text) RETURNS text LANGUAGE sql AS $$ SELECT rosterd.pin(test.d(), 'person', test.person(p_person), 'until the SIS is mended') $$;
CREATE FUNCTION pg_temp.unpin(p_person text) RETURNS text LANGUAGE sql AS $$ SELECT rosterd.unpin(test.d(), 'person', test.person(p_person)) $$;
CREATE FUNCTION pg_temp.family() RETURNS text LANGUAGE sql AS $$
    SELECT test.schools('ann') || '|' || test.members('c1') || '|' || test.guardians('ann') || '|' || test.credentials('gus') $$;

-- rule: UPD-7
SELECT matches(pg_temp.pin('ann'), '^the sync does not remove person', 'a pin says what it does');
SELECT pg_temp.pin('gus'), pg_temp.pin('tea');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = test.d() AND act = 'pin by ' || session_user AND relation = 'sync.pin'), 3::bigint, 'and is in the audit, with who');
SELECT is((SELECT string_agg(sourced_id || ' ' || reason || ' ' || who, ',' ORDER BY sourced_id) FROM rosterd.pins),
          format('ann until the SIS is mended %1$s,gus until the SIS is mended %1$s,tea until the SIS is mended %1$s', session_user), 'and in the view');
SELECT test.sync(p_file => false);
SELECT is((SELECT count(*) FROM sync.mark WHERE district_id = test.d()), 0::bigint, 'the next run takes it up');
-- rule: ABN-S1
-- rule: ABN-S2
-- rule: ABN-2
SELECT test.drop_person('ann'), test.drop_person('gus'), test.drop_person('hal'), test.drop_person('tea');
SELECT test.sync();
SELECT is(pg_temp.family(), 's1|ann bob tea*|gus hal|gus@example.org', 'pinned people stay where they were when their records go');
SELECT is(test.schools('tea') || '|' || test.invitations('gus'), 's1|gus@example.org', 'teachers too, and guardians stay invited');
SELECT is(test.findings('pin.keeps'), 'ann gus tea', 'and a finding says who is kept');
SELECT is((SELECT severity FROM rosterd.finding WHERE sourced_id = 'ann' AND code = 'pin.keeps'), 'info', 'which is no fault');
SELECT test.sync(p_file => false);
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
SELECT is(pg_temp.family(), 's1|ann bob tea*|gus hal|gus@example.org', 'also when the whole district is judged again');
SELECT is(test.findings('pin.keeps'), 'ann gus tea', 'and it is said once');
SELECT pg_temp.unpin('ann'), pg_temp.unpin('tea');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.family(), '(s1)|bob|gus hal|gus@example.org', 'once they are unpinned, the next run acts');
SELECT is(test.findings('pin.keeps'), 'gus', 'and the finding ends');
SELECT is(pg_temp.unpin('ann'), format('person %s was not pinned', test.person('ann')), 'a pin ends once');

-- rule: UPD-2
SELECT test.student('ann', 'Ann', 'Ash');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.guardian('hal', 'Hal', 'Ash', '{ann}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus hal', 'they are back');
SELECT pg_temp.pin('ann');
SELECT test.drop_person('gus');
SELECT test.guardian('hal', 'Hal', 'Ash', '{}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus', 'a pinned guardian keeps the student; pinning the student keeps no guardian the SIS has dropped');
-- rule: CRED-8
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus', 'nor is a pinned guardian withdrawn who has no credential left');
SELECT is(test.findings('guardian.none'), '', 'and none is said not to be added');
-- rule: UPD-2
CREATE FUNCTION pg_temp.warned() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(f.sourced_id || ' ' || f.severity || ' ' || coalesce(f.column_name, '-'), ',') FROM rosterd.finding f
    WHERE f.district_id = test.d() AND f.closed_by_run IS NULL AND f.code = 'pin.keeps' AND f.sourced_id = 'gus' $$;
CREATE FUNCTION pg_temp.tie() RETURNS text LANGUAGE sql AS $$
    SELECT e.verdict FROM rosterd.explain_person(test.d(), 'gus') e WHERE e.subject = 'student ann' $$;
SELECT is(concat_ws(', ', pg_temp.warned(), pg_temp.tie()), 'linked', 'a pin that keeps nothing against the file is no finding');
SELECT test.guardian('gus', 'Gus', 'Ash', '{}');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'gus', 'a pinned guardian keeps a student whom the SIS takes from them, too');
SELECT is(concat_ws(', ', pg_temp.warned(), pg_temp.tie()), 'gus warning agentSourcedIds, kept by a pin', 'but it is a warning, as it may be about custody, and explained as what it is');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}');
SELECT test.sync();
SELECT is(concat_ws(', ', pg_temp.warned(), pg_temp.tie()), 'linked', 'until the SIS states the pair again');
SELECT pg_temp.unpin('gus');
SELECT test.sync(p_file => false);
SELECT is(test.guardians('ann'), '', 'unpinned, they are');

-- rule: CLS-7
SELECT matches(rosterd.pin(test.d(), 'classroom', test.classroom('c2'), 'the export forgets it'), 'classroom', 'a classroom is pinned alike');
SELECT test.drop_class('c2');
SELECT test.sync();
SELECT is((SELECT state || synced FROM directory.classroom WHERE classroom_id = test.classroom('c2')), 'activetrue', 'and is not archived');
SELECT is(test.members('c2'), 'bob', 'nor emptied, because its class has left');
SELECT is(test.findings('pin.keeps'), 'c2', 'and that is a finding');
SELECT test.setting('abandoned_classrooms', 'disconnect');
SELECT test.sync(p_file => false);
SELECT is((SELECT state || synced FROM directory.classroom WHERE classroom_id = test.classroom('c2')), 'activetrue', 'nor disconnected');
SELECT test.drop_person('bob');
SELECT test.sync();
SELECT is(test.members('c2'), '', 'people who leave the school leave it');
SELECT rosterd.unpin(test.d(), 'classroom', test.classroom('c2'));
SELECT test.setting('abandoned_classrooms', 'archive');
SELECT test.sync(p_file => false);
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c2')) || test.findings('pin.keeps'), 'archived', 'unpinned, it is archived');

-- rule: ABN-E1
SELECT test.setting('abandonment', 'extreme');
SELECT test.student('eva', 'Eva', 'Elm');
SELECT test.enroll('c1', 'eva');
SELECT test.sync();
SELECT pg_temp.pin('eva');
SELECT test.drop_person('eva');
SELECT test.sync();
SELECT is(test.schools('eva') || '|' || test.members('c1'), 's1|eva', 'EXTREME does not act on a pinned student');

-- refusals
-- rule: CLS-7
-- Nobody is in it any more, so it comes into the scope of a night by who is enrolled in its class only.
SELECT test.org('s9', 'School 9'), test.class('c9', 'Class 9', 's9'), test.student('zoe', 'Zoe', 'Zinn');
SELECT test.enroll('c9', 'zoe');
SELECT test.sync();
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c9'), 'the export forgets its school');
SELECT test.drop_org('s9');
SELECT test.sync();
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c9')), 'active', 'a pinned classroom outlives its school');
SELECT test.student('zoe', 'Zoey', 'Zinn');
SELECT test.sync();
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c9')), 'active', 'also when somebody enrolled there is looked at');

SELECT throws_ok($$ SELECT rosterd.pin(test.d(), 'person', 0, 'x') $$, 'RS008', 'there is no such person in this district', 'who is not there is not pinned');
SELECT throws_ok($$ SELECT rosterd.pin(test.d(), 'school', 1, 'x') $$, '22023', 'what is pinned is a person or a classroom', 'nor anything else');
SELECT throws_ok($$ SELECT rosterd.pin(test.d(), 'person', test.person('eva'), ' ') $$, '22023', 'a reason has 1 to 500 characters', 'nor without a reason');
SELECT throws_ok($$ SELECT rosterd.pin(test.d() + 1, 'person', test.person('eva'), 'x') $$, 'RS008', NULL, 'nor by another district');
SET LOCAL ROLE rosterd_app;
SELECT throws_ok($$ SELECT rosterd.pin(1, 'person', 1, 'x') $$, '42501', NULL, 'the app may not');
SET LOCAL ROLE rosterd_csm;
SELECT lives_ok($$ SELECT count(*) FROM rosterd.pins $$, 'a CSM may look');
RESET ROLE;

-- rule: OFF-3
-- a student made by hand is the SIS's once it has them, pinned or not: when it has them no more, nothing keeps them
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@example.org') AS leader \gset
SELECT test.setting('sync_enabled', 'false');
SELECT api.create_student(test.d(), :leader, test.school('s1'), 'Ora', 'Oak') AS ora \gset
SELECT test.setting('sync_enabled', 'true'), test.org('s2', 'School 2'), test.student('ora', 'Ora', 'Oak', schools => '{s2}'), test.sync();
SELECT rosterd.link_person(test.d(), :ora, 'ora', 'the same child'), rosterd.pin(test.d(), 'person', :ora, 'until the schools agree'), test.sync();
SELECT test.drop_person('ora'), test.sync(), rosterd.unpin(test.d(), 'person', :ora), test.sync();
SELECT is(test.schools('ora'), '(s1) (s2)', 'whom the SIS has is the SIS''s, also while pinned');

-- who is taken out of a class that is there leaves its classroom, pinned or not: the pin is about the class leaving
SELECT test.class('c19', 'Class 19'), test.student('wim', 'Wim', 'Willow'), test.student('xia', 'Xia', 'Willow'), test.enroll('c19', 'wim'), test.enroll('c19', 'xia'), test.sync();
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c19'), 'the district has promised to mend it'), test.sync();
SELECT test.drop_enroll('c19', 'wim'), test.sync();
SELECT is(test.members('c19'), 'xia', 'whom the SIS takes out of a class leaves its classroom, although it is pinned');
SELECT test.drop_class('c19'), test.sync();
SELECT is(test.members('c19'), 'xia', 'who is in it when the class leaves stays');
SELECT * FROM finish();
ROLLBACK;
