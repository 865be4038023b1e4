-- What is over a limit waits; the rest of the file is applied, or nothing.
BEGIN;
\ir lib.sql
SELECT plan(87);
SELECT test.district();
SELECT test.setting('on_limit', 'hold-removals');
SELECT test.org('s2', 'School 2'), test.org('s3', 'School 3');
-- 100 students at s1, 200 at s2, each with a guardian and in the class of their ten
SELECT count(test.class('c' || n, 'Class ' || n, CASE WHEN n < 10 THEN 's1' ELSE 's2' END)) FROM generate_series(0, 29) n;
SELECT count(test.student('p' || n, 'P' || n, 'Pine', schools => ARRAY[CASE WHEN n < 100 THEN 's1' ELSE 's2' END])),
       count(test.guardian('g' || n, 'G' || n, 'Pine', ARRAY['p' || n], email => 'g' || n || '@example.org')),
       count(test.enroll('c' || n / 10, 'p' || n))
FROM generate_series(0, 299) n;
SELECT count(test.teacher('t' || n, 'T' || n, 'Teak', 't' || n || '@example.org')), count(test.enroll('c' || n, 't' || n, 'teacher')) FROM generate_series(0, 9) n;
SELECT test.teacher('u1', 'U1', 'Teak', 'u1@example.org', '{s3}'), test.teacher('u2', 'U2', 'Teak', 'u2@example.org', '{s3}');
SELECT test.night();

CREATE FUNCTION test.leave(p_from integer, p_to integer) RETURNS void LANGUAGE sql AS $$
    SELECT count(test.drop_person('p' || n)), count(test.drop_person('g' || n)) FROM generate_series(p_from, p_to) n $$;
CREATE FUNCTION test.state(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT state FROM rosterd.run WHERE run_id = p_run $$;
CREATE FUNCTION test.pupils(p_school text) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM directory.role WHERE district_id = test.d() AND school_id = test.school(p_school) AND role = 'student' AND state = 'active' $$;
-- what is over, and where
CREATE FUNCTION test.over() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(k ->> 'kind' || coalesce('@' || (k ->> 'school'), ''), ' ' ORDER BY n), '')
    FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') WITH ORDINALITY AS x (k, n)
    WHERE r.run_id = (SELECT max(run_id) FROM rosterd.run) AND k ->> 'over' IS NOT NULL $$;
CREATE FUNCTION test.withheld() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) FROM sis.org WHERE loss_withheld), (SELECT count(*) FROM sis.class WHERE loss_withheld),
                     (SELECT count(*) FROM sis.person WHERE loss_withheld), (SELECT count(*) FROM sis.link WHERE loss_withheld),
                     (SELECT count(*) FROM sis.enrollment WHERE loss_withheld)) $$;
SAVEPOINT start;

-- rule: SAFE-3
-- The look that spares the counting. Somebody at two schools, a guardian of two children, and people next door.
SELECT test.student('p0', 'P0', 'Pine', schools => '{s1,s2}'), test.guardian('g0', 'G0', 'Pine', '{p0,p1}', email => 'g0@example.org'), test.teacher('t0', 'T0', 'Teak', schools => '{s1,s2}');
SELECT test.night();
CREATE TEMP TABLE live AS SELECT * FROM sync.live_counts(test.d(), '{students,teachers,guardians,guardianships,classrooms,memberships,invitees}');
SELECT is((SELECT count(DISTINCT kind) || ' ' || count(DISTINCT school_id) FROM live), '7 4', 'every kind is somewhere');
CREATE FUNCTION test.enough(p_need text, p_d bigint DEFAULT test.d()) RETURNS TABLE (kind text, school_id bigint) LANGUAGE plpgsql AS $$ BEGIN
    RETURN QUERY EXECUTE format('SELECT l.kind, l.school_id FROM (SELECT array_agg(kind ORDER BY kind, school_id) k, array_agg(school_id ORDER BY kind, school_id) s, array_agg((%s)::bigint ORDER BY kind, school_id) n FROM live) x, sync.live_at_least(%s, x.k, x.s, x.n) l', p_need, p_d);
END $$;
SELECT is_empty($$ SELECT * FROM test.enough('live + 1') $$, 'one more than there are is never seen');
SELECT is_empty($$ SELECT kind, school_id FROM live WHERE kind <> 'invitees' EXCEPT SELECT * FROM test.enough('live') $$, 'as many as there are, are');
SELECT is_empty($$ SELECT kind, school_id FROM live WHERE kind = 'invitees' AND school_id <> test.school('s3') EXCEPT SELECT * FROM test.enough('live / 3') $$, 'and a third of the invitees');
SELECT is_empty($$ SELECT * FROM test.enough('1', test.d() + 1) $$, 'nobody of another district');
ROLLBACK TO start;
SELECT test.leave(0, 19);
SELECT is(test.state(test.night()), 'done', '20 of a school''s 100 may leave: the least that may');
SELECT is(test.pupils('s1'), 80::bigint, 'and have left');
SELECT is((SELECT count(*) FROM rosterd.hold), 0::bigint, 'nobody is asked');
ROLLBACK TO start;
SELECT test.leave(0, 20);
SELECT test.student('new', 'New', 'Nut', schools => '{s1}');
SELECT test.drop_person('u1');
SELECT test.night() AS run \gset
SELECT is(test.state(:run), 'held', '21 are too many');
SELECT is(test.over(), 'students@School 1 guardians@School 1 memberships@School 1', 'at that school, with their guardians and places');
SELECT is(test.pupils('s1'), 101::bigint, 'nobody has left it, and who was new has come');
SELECT is(test.schools('u1'), '', 'a teacher who left has left: that was not too many');
SELECT is(test.guardians('p3') || '|' || (test.members('c0') ~ '\mp3\M'), 'g3|true', 'who stays keeps guardian and classroom');
SELECT is(test.withheld(), '0 0 42 0 21', 'the mirror says whose loss waits');
SELECT is((SELECT applied_at IS NOT NULL FROM rosterd.run WHERE run_id = :run), true, 'the run has applied the rest');
SELECT is((SELECT withholds || ' ' || (closed_at IS NULL) FROM rosterd.hold WHERE run_id = :run), 'removals true', 'and waits');
SELECT test.versions() AS before \gset
SELECT is(test.state(test.night()), 'held', 'the same losses again: held again');
SELECT is(test.versions(), :'before', 'and nothing was written');
SELECT is(test.state(test.night(p_file => false)), 'done', 'the rules without a file');
SELECT is(test.versions(), :'before', 'leave what waits');
SELECT test.leave(100, 100);
SELECT is(test.state(test.night()) || test.pupils('s2'), 'held199', 'who leaves another school meanwhile leaves');
SELECT count(test.student('p' || n, 'P' || n, 'Pine')), count(test.guardian('g' || n, 'G' || n, 'Pine', ARRAY['p' || n], email => 'g' || n || '@example.org')),
       count(test.enroll('c' || n / 10, 'p' || n)) FROM generate_series(0, 20) n;
SELECT is(test.state(test.night()), 'done', 'they are in the next file again: nothing waits');
SELECT is(test.withheld() || '|' || (SELECT count(*) FROM rosterd.hold WHERE closed_at IS NULL), '0 0 0 0 0|0', 'and nothing says so any more');
ROLLBACK TO start;
-- 21 students again, but only 20 of them with a guardian: too many students, not too many guardians
SELECT test.drop_person('g20'), test.night();
SELECT test.leave(0, 20), test.drop_person('g150');
SELECT test.night() AS run \gset
-- rule: UPD-2
SELECT is(test.state(:run) || ' ' || test.over(), 'held students@School 1 memberships@School 1', 'the students wait, of their guardians there is no word');
SELECT is(test.guardians('p3'), 'g3', 'who leaves with a student whose loss waits does not lose them for that');
SELECT is(test.guardians('p150'), '', 'unlike who leaves a student of the file');
SELECT rosterd.approve(:run, 'csm'), test.carry_out();
SELECT is(test.pupils('s1') || test.guardians('p3'), '79g3', 'nor does it when both have left');
-- rule: SAFE-3
ROLLBACK TO start;
-- an id is of its kind: a class that waits keeps no place of a student who has its id, nor a student a class's
SELECT count(test.class('x' || n, 'X' || n)) FROM generate_series(0, 20) n;
SELECT test.student('x0', 'X0', 'Xu', schools => '{s1}'), test.enroll('c0', 'x0'), test.enroll('c1', 'x0');
SELECT test.night();
SELECT count(test.drop_class('x' || n)) FROM generate_series(0, 20) n;
SELECT test.drop_enroll('c0', 'x0'), test.night();
SELECT is(test.over() || ' ' || (SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('x0')), 'classrooms classrooms@School 1 active', 'too many classrooms would be lost');
SELECT is(test.members('c0') ~ 'x0', false, 'which keeps nobody in another one by their id');
ROLLBACK TO start;
SELECT test.class('p3', 'A class'), test.enroll('p3', 'p150'), test.enroll('p3', 'p151'), test.night();
SELECT count(test.drop_person('p' || n)) FROM generate_series(0, 20) n;
SELECT test.drop_enroll('p3', 'p150'), test.night();
SELECT is(test.over() || ' ' || test.members('p3'), 'students@School 1 guardians@School 1 memberships@School 1 p151', 'nor does who waits in a class of that id');
ROLLBACK TO start;
SELECT test.leave(0, 14), test.leave(100, 114);
SELECT is(test.state(test.night()), 'done', '30 of the district''s 300 may leave');
ROLLBACK TO start;
SELECT test.leave(0, 14), test.leave(100, 115);
SELECT is(test.state(test.night()), 'held', '31 not, though no school loses too many');
SELECT is(test.over(), 'students guardians', 'the district does');
SELECT is(test.pupils('s1') + test.pupils('s2'), 300::bigint, 'all of them stay');
ROLLBACK TO start;
SELECT test.setting('removal_limit_min', '0'), test.setting('removal_limit_percent', '3');
SELECT test.leave(0, 2);
SELECT is(test.state(test.night()), 'done', 'the limits are settings: 3 of 100');
SELECT test.leave(3, 6);
SELECT is(test.state(test.night()), 'held', '4 of 97 are more than 3 %');
ROLLBACK TO start;
SELECT test.drop_person('u1');
SELECT is(test.state(test.night()), 'done', 'one of two may leave');
SELECT test.drop_person('u2');
SELECT is(test.state(test.night()), 'done', 'and the last one');
ROLLBACK TO start;
SELECT test.drop_person('u1'), test.drop_person('u2');
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held teachers@School 3', 'both at once is everything');
SELECT is(test.schools('u1'), 's3', 'and waits');
ROLLBACK TO start;
SELECT test.drop_org('s2');
SELECT is(test.state(test.night()), 'held', 'a school whose row is missing');
SELECT is((SELECT archived FROM directory.school WHERE school_id = test.school('s2')), false, 'stays');
SELECT is(test.pupils('s2') || test.members('c10') || (SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c10')),
          '200p100 p101 p102 p103 p104 p105 p106 p107 p108 p109active', 'with its students and classrooms');
ROLLBACK TO start;
-- the file leaves all relationships out
SELECT count(test.guardian('g' || n, 'G' || n, 'Pine', '{}', email => 'g' || n || '@example.org')) FROM generate_series(0, 299) n;
SELECT is(test.state(test.night()), 'held', 'all relationships gone');
SELECT is(test.guardians('p7') || '|' || test.withheld(), 'g7|0 0 0 300 0', 'they stay');
ROLLBACK TO start;
-- what the file has of each, beside what is in use
SELECT count(test.drop_class('c' || n)) FROM generate_series(10, 28) n;
SELECT test.leave(100, 130), test.guardian('g140', 'G140', 'Pine', '{}', email => 'g140@example.org');
SELECT test.night();
SELECT is((SELECT string_agg(concat_ws(' ', k ->> 'kind', k ->> 'in_use', k ->> 'in_file'), ', ' ORDER BY k ->> 'kind')
           FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') AS k WHERE r.run_id = (SELECT max(run_id) FROM rosterd.run) AND k ->> 'school' = 'School 2'),
          'classrooms 20 1, guardians 200 168, guardianships 200 168, students 200 169', 'numbers of a school');
ROLLBACK TO start;
SELECT count(test.drop_class('c' || n)) FROM generate_series(0, 9) n;
SELECT test.leave(0, 4), test.drop_enroll('c20', 'p200');
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held classrooms@School 1', 'every classroom of a school');
SELECT is((SELECT state FROM directory.classroom WHERE classroom_id = test.classroom('c0')) || test.members('c0'), 'activep0 p1 p2 p3 p4 p5 p6 p7 p8 p9 t0*',
          'stays with its roster, also of those who leave with it');
SELECT is(test.members('c20'), 'p201 p202 p203 p204 p205 p206 p207 p208 p209', 'and no other class with it');
ROLLBACK TO start;
DELETE FROM test.sis_enroll WHERE class IN ('c0', 'c1', 'c2') AND role = 'student';
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held memberships@School 1', 'memberships');
SELECT is(test.members('c1'), 'p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 t1*', 'stay too');
ROLLBACK TO start;
SELECT count(test.teacher('t' || n, 'T' || n, 'Teak', 't' || n || '@example.org', '{}')), count(test.drop_enroll('c' || n, 't' || n)) FROM generate_series(0, 9) n;
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held teachers@School 1', 'every teacher of a school, who are still in the file');
SELECT is(test.members('c1'), 'p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 t1*', 'stay in their classes too');
ROLLBACK TO start;
-- what is not counted
SELECT count(test.student('p' || n, 'P' || n, 'Pine', schools => '{s2}')), count(test.drop_enroll('c' || n / 10, 'p' || n)),
       count(test.enroll('c10', 'p' || n)) FROM generate_series(0, 49) n;
SELECT is(test.state(test.night()) || test.pupils('s1'), 'done50', 'changing school is no loss, of memberships neither');
ROLLBACK TO start;
UPDATE test.sis_enroll SET end_date = (current_date + 1)::text WHERE class IN ('c0', 'c1', 'c2');
SELECT test.night();
UPDATE sis.enrollment SET end_date = current_date - 2 WHERE end_date IS NOT NULL;
UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE end_date IS NOT NULL;
DELETE FROM test.sis_enroll WHERE class = 'c1';
SELECT is(test.state(test.night()), 'done', 'nor what ends by a date of an earlier file');
ROLLBACK TO start;
UPDATE test.sis_enroll SET end_date = (current_date + 1)::text WHERE class IN ('c0', 'c1', 'c2') AND role = 'student' AND person NOT IN ('p0', 'p10', 'p20');
INSERT INTO test.sis_enroll SELECT d, id || ' too', class, person, 'aide' FROM test.sis_enroll WHERE class IN ('c0', 'c1', 'c2') AND role = 'student';
SELECT test.night();
UPDATE sis.enrollment SET end_date = current_date - 2 WHERE end_date IS NOT NULL;
DELETE FROM test.sis_enroll WHERE end_date IS NOT NULL AND role = 'student';
SELECT test.night() AS ended \gset
SELECT is(test.state(:ended) || test.members('c1'), 'donep10 t1*', 'whatever else somebody is in the class');
ROLLBACK TO start;
UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE class IN ('c0', 'c1', 'c2') AND role = 'student';
SELECT is(test.state(test.night()), 'done', 'classrooms that end with today''s file are few enough');
ROLLBACK TO start;
UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE class IN ('c0', 'c1', 'c2') AND person NOT IN ('p0', 'p10', 'p20');
SELECT is(test.state(test.night()), 'held', 'a date that this very file brings is no announcement');
ROLLBACK TO start;
-- whom a pin alone had kept: no file has announced a date for them
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c' || n), 'the export forgets it'), test.drop_class('c' || n) FROM generate_series(0, 2) n;
SELECT is(test.state(test.night()) || test.members('c1'), 'donep10 p11 p12 p13 p14 p15 p16 p17 p18 p19 t1*', 'pinned classrooms stay as they are');
SELECT rosterd.unpin(test.d(), 'classroom', test.classroom('c' || n)), test.class('c' || n, 'Class ' || n), test.enroll('c' || n, 't' || n, 'teacher')
FROM generate_series(0, 2) n;
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held memberships@School 1', 'their classes are back without the students on the day they are unpinned');
SELECT is(test.members('c1'), 'p10 p11 p12 p13 p14 p15 p16 p17 p18 p19 t1*', 'who stay');
ROLLBACK TO start;
SELECT rosterd.pin(test.d(), 'person', test.person('u' || n), 'the export forgets them'), test.drop_person('u' || n) FROM generate_series(1, 2) n;
SELECT test.night();
SELECT rosterd.unpin(test.d(), 'person', test.person('u' || n)) FROM generate_series(1, 2) n;
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held teachers@School 3', 'and who is unpinned long after the file that left them out');
ROLLBACK TO start;
CREATE FUNCTION test.without(p_terms text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.class('c' || n, 'Class ' || n, 's1', p_terms) FROM generate_series(0, 9) n;
    PERFORM test.night();
    PERFORM test.drop_class('c' || n) FROM generate_series(0, 9) n;
    RETURN test.state(test.night());
END $$;
SELECT test.session('y1', '2020-08-01', '2021-06-30');
SELECT test.session('y2', '2020-08-01', '2999-06-30'), test.session('y3', '2020-08-01', sync.today(test.d())::text), test.class('c20', 'Class 20', 's2', '{y2}');
SELECT count(test.class('c' || n, 'Class ' || n, 's1', '{y1}')) FROM generate_series(0, 9) n;
SELECT test.night();
SAVEPOINT terms;
SELECT test.class('c20', 'Class of 20', 's2', '{y2}'), count(test.drop_class('c' || n)) FROM generate_series(0, 9) n;
SELECT is(test.state(test.night()), 'done', 'classes whose sessions have all ended may go, whatever else changes');
ROLLBACK TO terms;
SELECT test.drop_class('c0'), count(test.drop_class('c' || n)) FROM generate_series(10, 29) n;
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held classrooms@School 2', 'and no others with them');
ROLLBACK TO terms;
SELECT is(test.without('{y1,y2}'), 'held', 'not those of which one goes on');
ROLLBACK TO terms;
SELECT is(test.without('{y1,y9}'), 'held', 'nor is known of one');
ROLLBACK TO terms;
SELECT is(test.without('{y3}'), 'held', 'nor on their last day');
ROLLBACK TO terms;
-- a student of that class's number
SELECT setval(pg_get_serial_sequence('directory.classroom', 'classroom_id'), test.person('p120'), false);
SELECT test.class('cn', 'Class of the number', 's1', '{y1}'), test.enroll('cn', 'p5');
SELECT test.night();
SELECT test.drop_class('cn'), count(test.drop_person('p' || n)) FROM generate_series(110, 130) n;
SELECT is(test.state(test.night()) || ' ' || test.over(), 'held students@School 2 guardians@School 2 memberships@School 2', 'and nobody else goes with them');
ROLLBACK TO terms;
DELETE FROM test.sis_enroll WHERE class IN ('c0', 'c1', 'c2');
SELECT is(test.state(test.night()), 'done', 'and their memberships');
ROLLBACK TO terms;
SELECT test.session('y1', '2020-08-01', '2999-06-30');
SELECT test.night();
SELECT test.session('y1', '2020-08-01', '2021-06-30'), count(test.drop_class('c' || n)) FROM generate_series(0, 9) n;
SELECT is(test.state(test.night()), 'held', 'by the dates of earlier files, not of this one');
ROLLBACK TO start;
-- losses that no record of the file makes
SELECT count(test.guardian('g' || n, 'G' || n, 'Pine', ARRAY['p' || n], email => 'g' || n || '@example.org', role => 'relative')) FROM generate_series(0, 299) n;
SELECT test.night();
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.night(p_file => false) AS run \gset
SELECT is(test.state(:run) || ' ' || test.guardians('p1'), 'held g1', 'a setting that takes too many away is held as a whole');
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'false', 'and not asked again while it waits');
SELECT rosterd.approve((SELECT max(run_id) FROM rosterd.run), 'they asked for it');
SELECT test.carry_out() AS run \gset
SELECT is(test.state(:run) || ' ' || test.guardians('p1'), 'done ', 'approved, the rules do it');
ROLLBACK TO start;
-- rule: SAFE-4
SELECT count(test.guardian('g' || n, 'G' || n, 'Pine', ARRAY['p' || n], email => 'g' || n || '@example.org', role => 'relative')) FROM generate_series(0, 299) n;
SELECT test.setting('on_limit', 'hold-all'), test.night();
SELECT count(test.drop_person('p' || n)) FROM generate_series(0, 99) n;
SELECT test.night() AS held \gset
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.begin_run(p_file => false) AS run \gset
SELECT throws_ok(format('SELECT sync.plan(%s)', :run), 'RS102', NULL, 'behind a file that waits, what the rules alone would take away waits too');
SELECT is((SELECT run_id FROM rosterd.hold WHERE closed_at IS NULL), :held::bigint, 'and does not take its place');
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'true', 'it is still to be done');
SELECT test.as_daemon(format('SELECT sync.run_end(%s, ''cancelled'', ''plan.base_held'', NULL, ''csm'')', :run));
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'false', 'but not tried again till that is decided');
INSERT INTO sync.mark (district_id, kind, id, marked_at) SELECT test.d(), 'person', test.person('p150'), created_at FROM rosterd.run WHERE run_id = :run;
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'false', 'also if something had been done by hand before');
SELECT api.mark_people(test.d(), ARRAY[test.person('p150')]);
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'true', 'unless something is done after it');
DELETE FROM sync.mark WHERE district_id = test.d();
SELECT rosterd.refuse(:held, 'a broken export');
SELECT is(test.as_daemon(format('SELECT sync.outstanding(%s)', test.d())), 'true', 'then it is');
SELECT is(test.state(test.night(p_file => false)), 'held', 'and is a question of its own');
ROLLBACK TO start;
-- rule: SAFE-3
SELECT test.setting('on_limit', 'hold-all');
SELECT test.leave(0, 20);
SELECT test.student('new', 'New', 'Nut', schools => '{s1}');
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || test.pupils('s1'), 'held100', 'by setting nothing is applied');
SELECT is((SELECT withholds FROM rosterd.hold WHERE run_id = :run) || test.withheld(), 'all0 0 0 0 0', 'nothing at all');
SELECT is((SELECT reason || owner FROM rosterd.run WHERE run_id = :run), 'plan.removals_over_limitcsm', 'a CSM decides');
ROLLBACK TO start;
SELECT test.setting('sync_enabled', 'false');
SELECT test.setting('sync_enabled', 'true');
SELECT test.leave(0, 20);
-- rule: OFF-3
SELECT is(test.state(test.night()) || test.pupils('s1'), 'held100', 'the first run after switching on again is guarded too');
ROLLBACK TO start;
-- A class and its students leave at once: the archived class keeps them, so their places are no loss of their own.
CREATE FUNCTION test.places_lost(p_run bigint) RETURNS text LANGUAGE sql AS $$
    SELECT test.state(p_run) || (SELECT k ->> 'lost' FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') k
                                 WHERE r.run_id = p_run AND k ->> 'kind' = 'memberships' AND k ->> 'school' IS NULL) $$;
UPDATE rosterd.district SET removal_limit_min = 1, removal_limit_percent = 1, on_limit = 'hold-all' WHERE district_id = test.d();
SELECT test.leave(0, 9), test.drop_class('c0');
-- rule: CLS-9
SELECT is(test.places_lost(test.night()), 'held0', 'places that an archived class keeps are not lost');
SELECT test.setting('abandonment', 'extreme'), test.student('new', 'New', 'Nut', schools => '{s2}');
-- rule: SAFE-3
SELECT is(test.places_lost(test.night()), 'held10', 'but under EXTREME, which takes their people out of it, they are');
SELECT * FROM finish();
ROLLBACK;
