-- A run is undone: what it removed or changed comes back where nobody has touched it since, and stays until
-- the SIS says something new about it.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(70);
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'hal@example.org');
SELECT test.guardian('ivy', 'Ivy', 'Cedar', '{cyd}', email => 'ivy@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c2', 'cyd');
SELECT test.sync() AS first_run \gset
CREATE FUNCTION pg_temp.all_of_it() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('|', test.members('c1'), test.members('c2'), test.schools('ann'), test.schools('bob'), test.schools('cyd'), test.schools('tea'),
                     test.guardians('ann'), test.guardians('bob'), test.guardians('cyd'), test.credentials('gus'), test.credentials('hal'),
                     (SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c2')),
                     test.invitations('gus'), test.invitations('hal'),
                     (SELECT given_name FROM directory.person WHERE person_id = test.person('hal'))) $$;
CREATE FUNCTION pg_temp.undone(p_run bigint, p_preview boolean) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.said, ', ' ORDER BY x.said) FROM (SELECT u.verdict || ' ' || count(*) AS said FROM rosterd.undo(p_run, p_preview) u GROUP BY u.verdict) x $$;
-- Every row that can be undone, but for the run that made it.
CREATE FUNCTION pg_temp.rows_of(p_district bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{classroom,person,credential,role,membership,relationship}'::text[] LOOP
        RETURN QUERY EXECUTE format('SELECT %1$L || '' '' || (to_jsonb(x) - ''created_by_run'')::text FROM directory.%1$I x WHERE x.district_id = $1', v_table) USING p_district;
    END LOOP;
END $$;
SELECT pg_temp.all_of_it() AS good \gset
CREATE TEMP TABLE good AS SELECT * FROM pg_temp.rows_of(test.d()) AS x;

-- A file in which half is missing and a detail is wrong.
SELECT test.drop_person('ann'), test.drop_person('tea'), test.drop_class('c2');
SELECT test.guardian('gus', 'Gus', 'Ash', '{}', email => 'gus@example.org');
SELECT test.guardian('hal', 'Harry', 'Birch', '{}', email => 'wrong@example.org');
SELECT test.sync() AS bad_run \gset
SELECT isnt(pg_temp.all_of_it(), :'good', 'a bad file');
SELECT test.versions() AS before \gset

-- rule: UPD-7
SELECT matches(pg_temp.undone(:bad_run, true), '^would be put back \d+$', 'a preview says what would come back');
SELECT is(test.versions(), :'before', 'and changes nothing');
SELECT is((SELECT count(*) FROM rosterd.run WHERE cause = 'undo'), 0::bigint, 'nor is it a run');
SELECT is(pg_temp.undone(:bad_run, NULL), pg_temp.undone(:bad_run, true), 'who does not say means a preview');
SAVEPOINT beside;
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS next_door \gset
SELECT test.become_opposite(:next_door, test.d()), test.sum_of(:next_door) AS neighbour \gset
SELECT count(*) FROM rosterd.undo(:bad_run, false);
SELECT is(test.sum_of(:next_door), :'neighbour', 'it touches nobody next door, whatever the ids and numbers there');
SELECT bag_eq('SELECT * FROM pg_temp.rows_of(test.d())', 'SELECT x FROM good', 'and each row is what it was');
SELECT set_eq($$ SELECT kind, id FROM sync.pin WHERE district_id = test.d() $$, $$ SELECT 'person', test.person(p) FROM unnest('{ann,hal,tea}'::text[]) p UNION ALL SELECT 'classroom', test.classroom('c2') $$,
              'with a pin of each whom it is about');
ROLLBACK TO beside;
SELECT matches(pg_temp.undone(:bad_run, false), '^put back \d+$', 'the undo says what came back');
SELECT is(pg_temp.all_of_it(), :'good', 'and everything is as it was');
SELECT run_id AS undo_run FROM rosterd.run WHERE undoes = :bad_run \gset
SELECT is((SELECT cause || ' ' || state || ' ' || requested_by FROM rosterd.run WHERE run_id = :undo_run), format('undo done %s', session_user), 'it is a run of its own');
SELECT is((SELECT count(*) FROM audit.change u WHERE u.run_id = :undo_run AND NOT EXISTS (
               SELECT FROM audit.change b WHERE b.run_id = :bad_run AND b.relation = u.relation AND b.key = u.key AND b.before = u.after)), 0::bigint, 'each row of it is in the audit');
SELECT isnt((SELECT count(*) FROM audit.change WHERE run_id = :undo_run), 0::bigint, 'all of them');
SELECT is((SELECT last_success FROM rosterd.districts WHERE slug = 'oak'), (SELECT ended_at FROM rosterd.run WHERE run_id = :bad_run), 'it does not make the data any fresher');

-- it stays
SELECT test.sync(p_file => false);
SELECT is(pg_temp.all_of_it(), :'good', 'the next run leaves it');
SELECT test.sync();
SELECT is(pg_temp.all_of_it(), :'good', 'the same file again, too');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
SELECT is(pg_temp.all_of_it(), :'good', 'and judging the whole district');
SELECT is(test.findings('pin.keeps'), 'ann c2 hal tea', 'findings say who is kept, and whose relationship');
SELECT is((SELECT string_agg(sourced_id, ' ' ORDER BY sourced_id) FROM rosterd.pins WHERE undo_run = :undo_run), 'ann c2 hal tea', 'by a pin of the undo');

-- until the SIS says something new
SELECT test.guardian('hal', 'Hal', 'Birch', '{bob}', email => 'new@example.org');
SELECT test.sync();
SELECT is(test.credentials('hal') || ' ' || test.guardians('bob'), 'new@example.org hal', 'then the SIS is followed');
SELECT is((SELECT string_agg(sourced_id, ' ' ORDER BY sourced_id) FROM rosterd.pins), 'ann c2 tea', 'and the pin has ended');
SELECT is((SELECT before ->> 'reason' FROM audit.change WHERE relation = 'sync.pin' AND run_id IS NOT NULL), format('put back by undoing run %s', :bad_run), 'which is in the audit');
SELECT test.student('ann', 'Ann', 'Ash');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.sync();
SELECT is(test.schools('ann') || ' ' || test.guardians('ann') || ' ' || test.members('c1'), 's1 gus bob tea*', 'a student who is back is where the SIS says');
SELECT rosterd.unpin(test.d(), 'person', test.person('tea'));
SELECT test.sync(p_file => false);
SELECT is(test.schools('tea') || test.members('c1'), 'bob', 'unpinned, the run does what the SIS says');

-- refusals
SELECT throws_ok(format('SELECT rosterd.undo(%s, false)', :bad_run), 'RS010', format('run %s was undone already, by run %s', :bad_run, :undo_run), 'a run is undone once');
SELECT throws_ok(format('SELECT rosterd.undo(%s, true)', :undo_run), 'RS010', format('run %s is an undo itself', :undo_run), 'an undo is not undone');
SELECT throws_ok('SELECT rosterd.undo(0, true)', 'RS008', 'there is no run 0', 'there must be such a run');
UPDATE rosterd.run SET applied_at = now() - interval '15 days' WHERE run_id = :first_run;
SELECT throws_ok(format('SELECT rosterd.undo(%s, true)', :first_run), 'RS010', format('run %s was applied more than 14 days ago', :first_run), 'and not too old');
UPDATE rosterd.run SET applied_at = now() - interval '13 days' WHERE run_id = :first_run;
SELECT matches(pg_temp.undone(:first_run, true), '^left 1$', 'up to 14 days; what a run added stays');
UPDATE rosterd.run SET applied_at = NULL, state = 'refused' WHERE run_id = :first_run;
SELECT throws_ok(format('SELECT rosterd.undo(%s, false)', :first_run), 'RS010', format('run %s has changed nothing: it is refused', :first_run), 'and applied');

-- what was touched since is left
SELECT test.student('dan', 'Dan', 'Dale'), test.student('eva', 'Eva', 'Elm'), test.student('fay', 'Fay', 'Fir');
SELECT test.guardian('jon', 'Jon', 'Dale', '{dan}', email => 'jon@example.org');
SELECT test.guardian('kim', 'Kim', 'Elm', '{eva}', email => 'kim@example.org');
SELECT test.guardian('lou', 'Lou', 'Fir', '{fay}', email => 'lou@example.org');
SELECT test.enroll('c1', 'dan'), test.enroll('c1', 'eva'), test.enroll('c1', 'fay');
SELECT test.sync();
SELECT test.guardian('jon', 'Johnny', 'Dale', '{dan}', email => 'jon2@example.org');
SELECT test.guardian('kim', 'Kimmy', 'Elm', '{eva}', email => 'kim2@example.org');
SELECT test.guardian('lou', 'Lou', 'Fir', '{}', email => 'lou@example.org');
SELECT test.drop_enroll('c1', 'dan'), test.drop_enroll('c1', 'eva');
SELECT test.sync() AS run \gset
SELECT test.accept('jon');
-- eva is put into the classroom by hand, and kim's name edited
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@example.org') AS leader \gset
SELECT rosterd.grant_users_manager(test.d(), :leader);
SELECT api.set_sis_rostering(test.d(), :leader, test.school('s1'), true);
SELECT api.add_student(test.d(), :leader, test.classroom('c1'), test.person('eva'));
SELECT api.edit_person(test.d(), :leader, test.person('kim'), 'Kimberly', NULL, NULL, NULL, NULL);
SELECT is(pg_temp.undone(:run, true), 'left 4, would be put back 4', 'some of it was touched since');
SELECT results_eq(format($$ SELECT what || ': ' || why FROM rosterd.undo(%s, true) WHERE verdict = 'left' ORDER BY what COLLATE "C" $$, :run),
    ARRAY['email of jon: the person is active now, so the details are their own', 'eva in classroom c1: it was touched since',
          'name of jon: it was touched since', 'name of kim: it was touched since'], 'and it is said why');
SELECT is_empty(format($$ SELECT * FROM rosterd.undo(%s, true) WHERE what || why ~ '(@|Jon|Kim|Dan|Dale)' $$, :run), 'without any name or address');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.members('c1'), 'bob dan eva fay', 'the rest is put back');
SELECT is(test.credentials('jon') || ' ' || test.credentials('kim') || ' ' || (SELECT given_name FROM directory.person WHERE person_id = test.person('kim')),
          'jon2@example.org kim@example.org Kimberly', 'the others stay');
-- rule: IN-6
SELECT is(test.invitations('kim') || ' ' || test.invitations('lou'), 'kim@example.org lou@example.org', 'and who is connected again is invited again');
-- rule: UPD-2
SELECT is(test.guardians('fay'), 'lou', 'a relationship that was ended is back');
SELECT is((SELECT a.before ->> 'kind' FROM audit.change a WHERE a.key ->> 'value' = 'kim2@example.org' AND a.after IS NULL), 'email', 'what took its place is gone, as the audit says');
SELECT test.sync();
SELECT is(test.guardians('fay') || ' ' || test.credentials('kim') || ' ' || test.members('c1'), 'lou kim@example.org bob dan eva fay', 'and stays');
SELECT test.guardian('lou', 'Louise', 'Fir', '{}', email => 'lou@example.org');
SELECT test.sync();
SELECT is(test.guardians('fay'), '', 'until the SIS has something new about the guardian');

-- a manual pin outlives it
SELECT test.student('gil', 'Gil', 'Gorse');
SELECT test.sync();
SELECT rosterd.pin(test.d(), 'person', test.person('gil'), 'asked for');
SELECT test.drop_person('gil');
SELECT test.sync();
SELECT rosterd.unpin(test.d(), 'person', test.person('gil'));
SELECT test.sync(p_file => false) AS run \gset
SELECT rosterd.pin(test.d(), 'person', test.person('gil'), 'asked for again');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is((SELECT reason FROM rosterd.pins WHERE sourced_id = 'gil'), 'asked for again', 'a pin given by hand is not replaced');
SELECT is(test.schools('gil'), 's1', 'and the undo works all the same');
SELECT test.student('gil', 'Gilbert', 'Gorse'), test.sync();
SELECT is((SELECT count(*) FROM rosterd.pins WHERE sourced_id = 'gil'), 1::bigint, 'a manual pin does not end by the SIS');

-- swapped credentials come back
SELECT test.guardian('mia', 'Mia', 'Fir', '{fay}', email => 'm1@example.org'), test.guardian('ned', 'Ned', 'Fir', '{fay}', email => 'm2@example.org');
SELECT test.sync();
SELECT test.guardian('mia', 'Mia', 'Fir', '{fay}', email => 'm2@example.org'), test.guardian('ned', 'Ned', 'Fir', '{fay}', email => 'm1@example.org');
SELECT test.sync() AS run \gset
SELECT is(test.credentials('mia') || ' ' || test.credentials('ned'), 'm2@example.org m1@example.org', 'two have swapped');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.credentials('mia') || ' ' || test.credentials('ned'), 'm1@example.org m2@example.org', 'and have their own again');
SELECT test.sync(p_file => false);
SELECT is(test.credentials('mia') || ' ' || test.credentials('ned'), 'm1@example.org m2@example.org', 'also after the next run');
SELECT is((SELECT string_agg(e.verdict, ' ') FROM rosterd.explain_person(test.d(), 'mia') e WHERE e.subject IN ('pin', 'email')), 'not used put back', 'which is explained');

-- rule: IN-6
SELECT test.guardian('oda', 'Oda', 'Fir', '{fay}', email => 'o1@example.org'), test.sync();
SELECT test.guardian('oda', 'Oda', 'Fir', '{fay}', email => 'o2@example.org'), test.guardian('pia', 'Pia', 'Fir', '{fay}', email => 'o1@example.org'), test.sync() AS run \gset
SELECT is(test.invitations('pia'), 'o1@example.org', 'somebody new has an address that was somebody else''s');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.invitations('oda') || '|' || test.invitations('pia'), 'o1@example.org|', 'and is not invited by it when that is theirs again');

-- rule: UPD-5
SELECT test.guardian('rex', 'Rex', 'Fir', '{fay}', email => 'r1@example.org'), test.setting('update_active_users', 'true'), test.sync();
SELECT test.accept('rex');
SELECT test.guardian('rex', 'Rex', 'Fir', '{fay}', email => 'r2@example.org'), test.guardian('sal', 'Sal', 'Fir', '{fay}', email => 'r1@example.org'), test.sync() AS run \gset
SELECT is(test.credentials('rex') || '|' || test.credentials('sal'), 'r2@example.org|r1@example.org', 'the sync owns the details of active people, too');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.credentials('rex') || '|' || test.credentials('sal'), 'r1@example.org|', 'and gives them back, also from somebody else');
SELECT test.student('sue', 'Sue', 'Fir', email => 'r3@example.org'), test.sync();
SELECT test.guardian('rex', 'Rex', 'Fir', '{fay}', email => 'r3@example.org'), test.guardian('sal', 'Sal', 'Fir', '{fay}', email => 's1@example.org'),
       test.student('sue', 'Sue', 'Fir', email => 'r1@example.org'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.credentials('rex') || '|' || test.credentials('sue'), 'r1@example.org|r3@example.org', 'also what it had given them of somebody else''s');
-- what rex had is somebody else's by now
SELECT test.guardian('rex', 'Rex', 'Fir', '{fay}', email => 'r4@example.org'), test.student('sue', 'Sue', 'Fir', email => 'r5@example.org'), test.sync();
SELECT test.guardian('rex', 'Rex', 'Fir', '{fay}', email => 'r5@example.org'), test.student('sue', 'Sue', 'Fir'), test.sync() AS run \gset
SELECT api.add_guardian(test.d(), :leader, test.person('fay'), 'Xan', 'Xylo', 'r4@example.org', NULL, NULL);
SELECT is((SELECT string_agg(u.what || ': ' || u.why, ', ' ORDER BY u.why) FROM rosterd.undo(:run, false) u WHERE u.relation = 'credential') || '|' || test.credentials('rex'),
          'email of sue: it is the only one that an active person has, email of rex: it was touched since|r5@example.org', 'but nobody is left without a way to sign in');
SELECT test.setting('update_active_users', 'false');

-- rule: SAFE-3
SELECT test.student('una', 'Una', 'Umber'), test.sync();
SELECT test.student('una', 'Una', 'Umber', schools => '{}'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.setting('removal_limit_min', '0'), test.student('una', 'Una', 'Umbra', schools => '{}'), test.night() AS run \gset
SELECT is((SELECT state FROM rosterd.run WHERE run_id = :run) || ' ' || test.schools('una'), 'held s1',
          'what was put back is a loss like any other when the SIS has news of it, not one that an earlier file announced');
SELECT rosterd.refuse(:run, 'once more'), test.setting('removal_limit_min', '20'), test.student('una', 'Una', 'Umber');
-- ula is of the school by a class alone, and the bad file says that it is over
SELECT test.class('c7', 'Class 7'), test.student('ula', 'Ula', 'Umber', schools => '{}'), test.enroll('c7', 'ula'), test.enroll('c7', 'bob'), test.sync();
SELECT test.enroll('c7', 'ula', end_date => '2020-06-30'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.setting('removal_limit_min', '0'), test.setting('removal_limit_percent', '0'), test.student('ula', 'Ulla', 'Umber', schools => '{}'), test.night() AS run \gset
SELECT is((SELECT string_agg(k ->> 'kind', ' ' ORDER BY k ->> 'kind') FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') k
           WHERE r.run_id = :run AND k ->> 'over' IS NOT NULL AND k ->> 'school' IS NULL) || '|' || test.members('c7'), 'memberships students|bob ula',
          'nor one that the bad file had announced');
SELECT rosterd.refuse(:run, 'once more'), test.setting('removal_limit_min', '20'), test.setting('removal_limit_percent', '10'),
       test.student('ula', 'Ula', 'Umber'), test.enroll('c7', 'ula');

-- rule: CRED-9
-- A leader added vic and wil, whose addresses a run then changes or takes away, and is undone: they are still known to be theirs.
SELECT api.add_guardian(test.d(), :leader, test.person('fay'), 'Vic', 'Vine', 'vic@example.org', NULL, NULL) AS vic,
       api.add_guardian(test.d(), :leader, test.person('fay'), 'Wil', 'Wood', 'wil@example.org', NULL, NULL) AS wil \gset
SELECT test.guardian('v1', 'Vic', 'Vine', '{fay}', email => 'vic@example.org'), test.teacher('tim', 'Tim', 'Toll', 'wil@example.org'), test.sync() AS run \gset
SELECT is(test.person('v1') = :vic AND test.person('tim') <> :wil AND test.credentials('tim') = 'wil@example.org', true, 'one is in the SIS now, the other''s address is a teacher''s');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.drop_person('v1'), test.guardian('v2', 'Vic', 'Vine', '{fay}', email => 'vic@example.org'),
       test.teacher('tim', 'Tim', 'Toll', 'tim@example.org'), test.guardian('w2', 'Wil', 'Wood', '{fay}', email => 'wil@example.org'), test.sync();
SELECT is(test.person('v2') = :vic, true, 'who kept the address is recognised by it');
SELECT is(test.person('w2') = :wil, true, 'and who got it back');

-- rule: CRED-8
SELECT test.student('tod', 'Tod', 'Teak'), test.guardian('tia', 'Tia', 'Teak', '{tod}', email => 'tia@example.org'), test.sync();
SELECT test.guardian('tia', 'Tia', 'Teak', '{tod}'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.sync();
SELECT is(test.guardians('tod'), 'tia', 'a guardian who lost their address by the run is one again');
SELECT test.guardian('tia', 'Tiana', 'Teak', '{tod}'), test.sync();
SELECT is(test.guardians('tod'), '', 'until the SIS has news of them, and still no address');

-- rule: CLS-7
SELECT test.setting('abandoned_classrooms', 'disconnect'), test.class('c8', 'Class 8'), test.student('wyn', 'Wyn', 'Wold', schools => '{}'),
       test.enroll('c8', 'wyn'), test.sync();
SELECT test.drop_class('c8'), test.sync() AS run \gset
SELECT api.rename_classroom(test.d(), :leader, test.classroom('c8'), 'Ours');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.sync(p_file => false);
SELECT is((SELECT synced FROM directory.classroom WHERE classroom_id = test.classroom('c8')) || test.members('c8') || test.schools('wyn'), 'falsewyns1',
          'a classroom renamed since stays disconnected, and keeps by hand who comes back to it');
SELECT is((SELECT after ->> 'claim_manual' FROM audit.change WHERE run_id = (SELECT run_id FROM rosterd.run WHERE undoes = :run) AND relation = 'directory.membership'), 'true',
          'as the audit says');
SELECT test.setting('abandoned_classrooms', 'archive');

-- rule: CRED-7
SELECT test.setting('merge_duplicate_guardians', 'true'), test.guardian('z1', 'Zoe', 'Zinn', '{fay}', email => 'z1@example.org'),
       test.guardian('z2', 'Zoe', 'Zinn', '{fay}', email => 'z2@example.org'), test.sync();
SELECT test.accept('z2');
SELECT test.guardian('z1', 'Zoe', 'Zinn', '{fay}', email => 'z3@example.org'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT test.guardian('z1', 'Zoe', 'Zinn', '{fay}', email => 'z2@example.org'), test.sync();
SELECT is(test.person('z1') = test.person('z2') AND test.settled(), true, 'the news that ends a pin makes two records one person at once, not a run later');
SELECT test.setting('merge_duplicate_guardians', 'false'), test.sync();

-- rule: CRED-9
-- a leader gives by hand what a run had moved, and changes no row of it by that
SELECT test.guardian('ida', 'Ida', 'Ilex', '{fay}', email => 'ida@example.org', sms => '+12125550131'), test.guardian('jim', 'Jim', 'Ilex', '{fay}', email => 'jim@example.org'), test.sync();
SELECT test.guardian('ida', 'Ida', 'Ilex', '{fay}', sms => '+12125550131'), test.guardian('jim', 'Jim', 'Ilex', '{fay}', email => 'ida@example.org'), test.sync() AS run \gset
SELECT is((SELECT string_agg(verdict, ', ') FROM rosterd.undo(:run, true) WHERE what ~ 'email'), 'would be put back, would be put back', 'an address that a run moved would come back');
SELECT is(api.add_guardian(test.d(), rosterd.appoint_leader(test.d(), NULL, 'Una', 'Undone', 'una.undone@example.org'), test.person('fay'), 'Jim', 'Ilex', 'ida@example.org', NULL, NULL), test.person('jim'), 'a leader says whose it is now');
SELECT is((SELECT string_agg(what || ': ' || why, ', ' ORDER BY what) FROM rosterd.undo(:run, false) WHERE relation = 'credential'), 'email of ida: it was touched since, email of jim: nobody has touched it since', 'so that is left');
SELECT is(test.credentials('jim') || '|' || test.credentials('ida'), 'ida@example.org jim@example.org|+12125550131', 'and stays theirs, beside what they get back');

-- Two swap addresses, one is active by now and keeps theirs. Who gets back anything does not keep what the run gave
-- them: they may not be the person of that address any more.
SELECT test.student('leo', 'Leo', 'Lark'), test.teacher('tim', 'Tim', 'Lark', 'one@example.org'),
       test.guardian('lyn', 'Lyn', 'Lark', '{leo}', email => 'two@example.org', sms => '+12125550141'), test.sync();
SELECT test.teacher('tim', 'Tim', 'Lark', 'two@example.org'), test.guardian('lyn', 'Lyn', 'Lark', '{leo}', email => 'one@example.org'), test.sync() AS run \gset
SELECT test.accept('tim');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.credentials('tim') || '|' || test.credentials('lyn'), 'two@example.org|+12125550141', 'what was another''s before the run, and cannot be given back to them, is nobody''s');

-- What a later run has made anew is in no audit, and is touched all the same.
SELECT test.drop_enroll('c1', 'bob');
SELECT test.sync() AS run \gset
SELECT test.enroll('c1', 'bob');
SELECT test.sync();
SELECT is((SELECT string_agg(what || ': ' || why, ', ') FROM rosterd.undo(:run, true)), 'bob in classroom c1: it was touched since', 'what came back by itself is left');

SET LOCAL ROLE rosterd_csm;
SELECT throws_ok('SELECT rosterd.undo(1, true)', '42501', NULL, 'ops undo, nobody else');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
