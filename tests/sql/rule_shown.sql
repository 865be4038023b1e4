-- All that a run shows of what it would do, to the last number: of each kind and school, beside another district with
-- the same ids that is planned at the same time.
BEGIN;
\ir lib.sql
SELECT plan(11);
CREATE FUNCTION pg_temp.fill(p_slug text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_d bigint := test.district(p_slug);
BEGIN
    UPDATE rosterd.district SET removal_limit_min = 1, removal_limit_percent = 10, change_limit_percent = 20 WHERE district_id = v_d;
    PERFORM test.org('s2', 'School 2'), test.org('s3', 'School 3'), test.org('s4', 'School 4'), test.session('y', '2020-01-01', '2099-01-01'), test.session('z', '2020-01-01', '2021-01-01');
    PERFORM test.class('c1', 'Class 1', terms => '{y}'), test.class('c2', 'Class 2', terms => '{y}'), test.class('c3', 'Class 3', 's2'), test.class('c4', 'Class 4', 's3'),
            test.class('c6', 'Class 6', 's2', '{z}'), test.class('c7', 'Class 7', 's4'), test.class('c8', 'Class 8', 's2'), test.class('c9', 'Class 9', 's2'),
            test.enroll('c8', 'b3', end_date => '2099-01-01'), test.enroll('c9', 'b4');
    PERFORM test.student('a' || n, 'A' || n, 'Ash'), test.enroll('c1', 'a' || n), test.guardian('ga' || n, 'G' || n, 'Ash', ARRAY['a' || n], email => 'ga' || n || '@example.org') FROM generate_series(1, 8) n;
    PERFORM test.student('b' || n, 'B' || n, 'Birch', schools => '{s2}'), test.enroll('c3', 'b' || n),
            test.guardian('gb' || n, 'G' || n, 'Birch', ARRAY['b' || n], email => 'gb' || n || '@example.org') FROM generate_series(1, 8) n;
    PERFORM test.student('d' || n, 'D' || n, 'Dale', schools => '{s3}'), test.enroll('c4', 'd' || n), test.enroll('c6', 'b' || n) FROM generate_series(1, 2) n;
    PERFORM test.student('x', 'Xan', 'Elm', schools => '{s1,s2}'), test.enroll('c1', 'x'), test.enroll('c3', 'x'), test.student('e1', 'Eve', 'Elm', schools => '{s4}'), test.enroll('c7', 'e1'),
            test.guardian('gx', 'Gus', 'Elm', '{x,a1,d1}', email => 'gx@example.org'), test.guardian('ge', 'Gia', 'Elm', '{e1}', email => 'ge@example.org');
    PERFORM test.teacher('t1', 'T1', 'Teak', 't1@example.org'), test.teacher('t2', 'T2', 'Teak', 't2@example.org', '{s1,s2}'), test.teacher('t3', 'T3', 'Teak', 't3@example.org', '{s3}'),
            test.enroll('c1', 't1', 'teacher'), test.enroll('c1', 't2', 'teacher'), test.enroll('c3', 't2', 'teacher'), test.enroll('c4', 't3', 'teacher'), test.enroll('c1', 'a8', end_date => '2099-01-01');
    PERFORM test.night();
    PERFORM test.accept('ga1'), test.accept('gb4'), test.accept('t1');
    -- what ends by a date that an earlier file brought
    UPDATE sis.enrollment SET end_date = current_date - 2 WHERE district_id = v_d AND end_date IS NOT NULL;
    UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE d = v_d AND end_date IS NOT NULL;
    UPDATE sis.judged SET judged_on = judged_on - 5 WHERE district_id = v_d;
    -- some of it is by hand, too
    UPDATE directory.relationship SET claim_manual = true WHERE district_id = v_d AND guardian_id = test.person('gb6');
    INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (v_d, test.person('t2'), test.school('s4'), 'school_leader', false, true);
    UPDATE directory.membership SET claim_manual = true WHERE district_id = v_d AND person_id = test.person('b8');
    RETURN v_d;
END $$;
-- The next file.
CREATE FUNCTION pg_temp.change() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.drop_person('a1'), test.drop_person('ga1'), test.drop_person('a2'), test.drop_person('t1'), test.drop_person('gb5');
    PERFORM test.student('a3', 'A3', 'Ash', schools => '{s2}'), test.drop_enroll('c1', 'a3'), test.enroll('c3', 'a3'), test.drop_enroll('c1', 'a4'), test.drop_enroll('c3', 'b8');
    PERFORM test.guardian('gb1', 'G1', 'Birch', '{}', email => 'gb1@example.org'), test.guardian('gb2', 'Gert', 'Birch', '{b2}', email => 'gb2@example.org'),
            test.guardian('gb6', 'G6', 'Birch', '{}', email => 'gb6@example.org'), test.guardian('gb7', 'G7', 'Birch', '{b7}', email => 'gb8@example.org'),
            test.guardian('gb8', 'G8', 'Birch', '{b8}', email => 'gb7@example.org'), test.enroll('c9', 'b4', end_date => (current_date - 2)::text),
            test.guardian('gb3', 'G3', 'Birch', '{b3,b4}', email => 'gb33@example.org'), test.guardian('gb4', 'Gert', 'Birch', '{b4}', email => 'gb44@example.org');
    PERFORM test.student('n1', 'N1', 'Nut'), test.enroll('c1', 'n1'), test.guardian('gn1', 'G1', 'Nut', '{n1}', email => 'gn1@example.org'), test.student('n2', 'N2', 'Nut', schools => '{s2,s4}'),
            test.guardian('ga2', 'G2', 'Ash', '{a2,n2}', email => 'ga2@example.org'), test.teacher('t2', 'Tea', 'Teak', 't2@example.org', '{s2}'), test.drop_enroll('c1', 't2'),
            test.teacher('t4', 'T4', 'Teak', 't4@example.org', '{s1,s4}'), test.student('a7', 'Alf', 'Ash'), test.student('b5', 'Bo', 'Birch', schools => '{s2}'), test.student('a6', 'A6', 'Ash', email => 'ga5@example.org');
    PERFORM test.drop_class('c2'), test.drop_class('c6'), test.class('c3', 'Class three', 's2'), test.class('c5', 'Class 5');
END $$;
CREATE FUNCTION pg_temp.kinds(p_run bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', k ->> 'kind', coalesce(k ->> 'school', '-'), 'has', k ->> 'in_use', 'file', coalesce(k ->> 'in_file', '-'), 'lost', k ->> 'lost', 'of', k ->> 'removal_limit',
                                'added', k ->> 'added', 'of', k ->> 'change_limit', k ->> 'over'), E'\n' ORDER BY n)
    FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') WITH ORDINALITY AS x (k, n) WHERE r.run_id = p_run $$;
CREATE FUNCTION pg_temp.words(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(w, E'\n' ORDER BY n) FROM rosterd.run r, jsonb_array_elements_text(r.shown -> 'words') WITH ORDINALITY AS x (w, n) WHERE r.run_id = p_run $$;

SELECT pg_temp.fill('elm') AS elm \gset
SELECT daemon_id AS daemon FROM test.now_at \gset
SELECT pg_temp.fill('oak') AS oak \gset
SELECT daemon_id AS second FROM test.now_at \gset
SELECT pg_temp.change();
CREATE OR REPLACE FUNCTION sync.change_limit_min() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- In the other one nothing ends by a date.
UPDATE sis.enrollment SET end_date = NULL WHERE district_id = :elm;
-- The other one loses all but one student, and gets many more.
UPDATE test.now_at SET district_id = :elm, daemon_id = :daemon;
SELECT test.drop_person(x || n) FROM unnest('{a,ga,b,gb}'::text[]) x, generate_series(2, 8) n;
SELECT test.student('m' || n, 'M' || n, 'Mint'), test.guardian('gm' || n, 'G' || n, 'Mint', ARRAY['m' || n], email => 'gm' || n || '@example.org') FROM generate_series(1, 30) n;
SELECT test.begin_run(true, :elm) AS elm_run \gset
UPDATE test.now_at SET district_id = :oak, daemon_id = :second;
SELECT is(test.plan(:elm_run) ->> 'verdict', 'held', 'another district, planned at the same time');
SAVEPOINT planned;
-- rule: SAFE-3
-- rule: SAFE-4
-- rule: SAFE-9
SELECT test.begin_run(true, :oak) AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'held', 'who and what changed is judged');
SELECT is((SELECT whole FROM sync.scope v JOIN stage.slot s USING (slot) WHERE s.run_id = :run OR v.run_id = :run), false, 'and nobody else');
SELECT is(pg_temp.kinds(:run), 'students - has 20 file 20 lost 2 of 2 added 2 of 4
students School 1 has 9 file 7 lost 2 of 1 added 1 of 1 removals
students School 2 has 9 file 11 lost 0 of 1 added 1 of 1
students School 4 has 1 file 2 lost 0 of 1 added 1 of 1
guardians - has 18 file 17 lost 4 of 1 added 1 of 3 removals
guardians School 1 has 9 file 7 lost 1 of 1 added 1 of 1
guardians School 2 has 9 file 8 lost 3 of 1 added 0 of 1 removals
guardianships - has 20 file 17 lost 3 of 2 added 3 of 4 removals
guardianships School 1 has 10 file 7 lost 0 of 1 added 1 of 2
guardianships School 2 has 9 file 9 lost 3 of 1 added 2 of 1 removals, additions
guardianships School 4 has 1 file 2 lost 0 of 1 added 1 of 1
teachers - has 3 file 3 lost 1 of 1 added 1 of 1
teachers School 1 has 2 file 1 lost 1 of 1 added 1 of 1
teachers School 4 has 0 file 1 lost 0 of 1 added 1 of 1
classrooms - has 8 file 7 lost 2 of 1 added 0 of removals
classrooms School 1 has 2 file 2 lost 1 of 1 added 0 of
classrooms School 2 has 4 file 3 lost 1 of 1 added 0 of
memberships - has 29 file 22 lost 4 of 2 added 0 of removals
memberships School 1 has 11 file 6 lost 4 of 1 added 0 of removals
invitees - has 38 file - lost 0 of added 7 of 7
invitees School 1 has 18 file - lost 0 of added 1 of 3
invitees School 2 has 18 file - lost 0 of added 6 of 3 additions', 'what would be lost and added, of what there is, is in the file and may be');
SELECT is(pg_temp.words(:run), '2 students would leave, at School 1
1 active guardian would lose their last child, at School 1
3 invited guardians would lose their last child, at School 2
3 relationships between a child and a guardian would end, at School 2
2 classrooms would be archived or disconnected, 1 of them at School 1
4 places in classrooms would be lost, at School 1
3 relationships between a child and a guardian would be added, 2 of them at School 2
7 invitees would get another name or credential, 6 of them at School 2', 'in words');
SELECT pg_temp.kinds(:run) AS kinds, pg_temp.words(:run) AS words \gset
ROLLBACK TO planned;
UPDATE sis.judged SET rules_version = 0 WHERE district_id = :oak;
SELECT test.begin_run(true, :oak) AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'held', 'the whole district judged');
SELECT is(pg_temp.kinds(:run), :'kinds', 'shows the same');
SELECT is(pg_temp.words(:run), :'words', 'in the same words');
ROLLBACK TO planned;
UPDATE rosterd.district SET update_active_users = true, abandoned_classrooms = 'disconnect' WHERE district_id = :oak;
SELECT test.begin_run(true, :oak) AS run \gset
SELECT test.plan(:run);
SELECT is(pg_temp.kinds(:run), :'kinds', 'classrooms that would be disconnected are lost as well, active people who change are no invitees');
ROLLBACK TO planned;
UPDATE rosterd.district SET preview_only = true WHERE district_id = :oak;
SELECT test.drop_org('s3');
SELECT test.begin_run(true, :oak) AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'previewed', 'a preview, where a school is gone, too');
SELECT is(pg_temp.kinds(:run), 'students - has 20 file 20 lost 4 of 2 added 2 of 4 removals
students School 1 has 9 file 7 lost 2 of 1 added 1 of 1 removals
students School 2 has 9 file 11 lost 0 of 1 added 1 of 1
students School 3 has 2 file - lost 2 of 1 added 0 of 1 removals
students School 4 has 1 file 2 lost 0 of 1 added 1 of 1
guardians - has 18 file 17 lost 4 of 1 added 1 of 3 removals
guardians School 1 has 9 file 7 lost 1 of 1 added 1 of 1
guardians School 2 has 9 file 8 lost 3 of 1 added 0 of 1 removals
guardianships - has 20 file 17 lost 3 of 2 added 3 of 4 removals
guardianships School 1 has 10 file 7 lost 0 of 1 added 1 of 2
guardianships School 2 has 9 file 9 lost 3 of 1 added 2 of 1 removals, additions
guardianships School 4 has 1 file 2 lost 0 of 1 added 1 of 1
teachers - has 3 file 3 lost 2 of 1 added 1 of 1 removals
teachers School 1 has 2 file 1 lost 1 of 1 added 1 of 1
teachers School 3 has 1 file - lost 1 of 1 added 0 of 1
teachers School 4 has 0 file 1 lost 0 of 1 added 1 of 1
classrooms - has 8 file 7 lost 3 of 1 added 0 of removals
classrooms School 1 has 2 file 2 lost 1 of 1 added 0 of
classrooms School 2 has 4 file 3 lost 1 of 1 added 0 of
classrooms School 3 has 1 file - lost 1 of 1 added 0 of
memberships - has 29 file 22 lost 4 of 2 added 0 of removals
memberships School 1 has 11 file 6 lost 4 of 1 added 0 of removals
invitees - has 38 file - lost 0 of added 7 of 7
invitees School 1 has 18 file - lost 0 of added 1 of 3
invitees School 2 has 18 file - lost 0 of added 6 of 3 additions', 'counts the people of that school');
SELECT * FROM finish();
ROLLBACK;
