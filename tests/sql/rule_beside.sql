-- Two districts with the same ids, planned at the same time in two slots: each becomes what its own SIS says.
BEGIN;
\ir lib.sql
SELECT plan(13);
CREATE FUNCTION pg_temp.fill(p_slug text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_d bigint := test.district(p_slug);
BEGIN
    UPDATE rosterd.district SET removal_limit_min = 1000, change_limit_percent = 100 WHERE district_id = v_d;
    PERFORM test.org('s2', p_slug || ' 2'), test.org('s3', p_slug || ' 3'), test.session('y', '2020-01-01', '2099-01-01'), test.session('z', '2020-01-01', '2099-02-01');
    PERFORM test.class('c' || n, p_slug || ' class ' || n, terms => '{y}') FROM generate_series(1, 4) n;
    PERFORM test.student('a' || n, p_slug || n, 'Ash'), test.enroll('c1', 'a' || n), test.enroll('c2', 'a' || n) FROM generate_series(1, 6) n;
    PERFORM test.guardian('g' || n, p_slug || n, 'Ash', ARRAY['a' || n], email => p_slug || n || '@example.org') FROM generate_series(1, 6) n;
    PERFORM test.sync();
    RETURN v_d;
END $$;
CREATE FUNCTION pg_temp.turn(p_daemon bigint, p_district bigint) RETURNS void LANGUAGE sql AS
    $$ UPDATE test.now_at SET district_id = p_district, daemon_id = p_daemon $$;
-- What is in the mirror and not in the SIS, or the other way round.
CREATE FUNCTION pg_temp.differs(v_d bigint) RETURNS TABLE (what text) LANGUAGE sql AS $$
    WITH mirror AS (
        SELECT concat_ws('|', 'org', m.sourced_id, m.name) AS x FROM sis.org m WHERE m.district_id = v_d AND m.live
        UNION ALL SELECT concat_ws('|', 'session', m.sourced_id, m.start_date, m.end_date) FROM sis.session m WHERE m.district_id = v_d AND m.live
        UNION ALL SELECT concat_ws('|', 'class', m.sourced_id, m.title, m.school) FROM sis.class m WHERE m.district_id = v_d AND m.live
        UNION ALL SELECT concat_ws('|', 'person', m.sourced_id, m.given_name, m.family_name, m.email) FROM sis.person m WHERE m.district_id = v_d AND m.live
        UNION ALL SELECT concat_ws('|', 'link', m.student, m.guardian) FROM sis.link m WHERE m.district_id = v_d AND m.by_guardian
        UNION ALL SELECT concat_ws('|', 'enrollment', m.sourced_id, m.class, m.person, m.role, m.begin_date) FROM sis.enrollment m WHERE m.district_id = v_d
    ), sis AS (
        SELECT concat_ws('|', 'org', o.id, o.name) AS x FROM test.sis_org o WHERE o.d = v_d
        UNION ALL SELECT concat_ws('|', 'session', o.id, o.start_date, o.end_date) FROM test.sis_session o WHERE o.d = v_d
        UNION ALL SELECT concat_ws('|', 'class', o.id, o.title, o.school) FROM test.sis_class o WHERE o.d = v_d
        UNION ALL SELECT concat_ws('|', 'person', o.id, o.given, o.family, o.email) FROM test.sis_person o WHERE o.d = v_d
        UNION ALL SELECT concat_ws('|', 'link', unnest(o.agents), o.id) FROM test.sis_person o WHERE o.d = v_d
        UNION ALL SELECT concat_ws('|', 'enrollment', o.id, o.class, o.person, o.role, o.begin_date) FROM test.sis_enroll o WHERE o.d = v_d
    )
    (SELECT 'mirror ' || x FROM mirror EXCEPT SELECT 'mirror ' || x FROM sis) UNION ALL (SELECT 'sis ' || x FROM sis EXCEPT SELECT 'sis ' || x FROM mirror) $$;
CREATE FUNCTION pg_temp.directory(v_d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('/', (SELECT string_agg(concat_ws(' ', s.sourced_id, s.name, s.archived), ',' ORDER BY s.sourced_id) FROM directory.school s WHERE s.district_id = v_d),
                     (SELECT string_agg(concat_ws(' ', c.sourced_id, c.name, c.state), ',' ORDER BY c.sourced_id) FROM directory.classroom c WHERE c.district_id = v_d),
                     test.members('c1', v_d), test.members('c2', v_d), test.members('c5', v_d), test.guardians('a1', v_d), test.guardians('a2', v_d), test.guardians('a3', v_d),
                     test.credentials('g1', v_d), test.credentials('g3', v_d), test.credentials('g7', v_d), test.invitations('g1', v_d), test.schools('a5', v_d), test.schools('a7', v_d)) $$;
SELECT pg_temp.fill('elm') AS elm \gset
SELECT daemon_id AS daemon FROM test.now_at \gset
SELECT pg_temp.fill('oak') AS oak \gset
SELECT daemon_id AS second FROM test.now_at \gset
SELECT is_empty(format('SELECT * FROM pg_temp.differs(%s) UNION ALL SELECT * FROM pg_temp.differs(%s)', :elm, :oak), 'two districts with the same ids');

-- rule: SAFE-8
-- what changes in the one stays in the other
SELECT test.org('s2', 'Oak two'), test.org('s4', 'Oak 4'), test.drop_org('s3'), test.session('y', '2020-01-02', '2099-01-02'), test.class('c1', 'Oak one'), test.class('c5', 'Oak five'), test.drop_class('c3');
DELETE FROM test.sis_session WHERE d = :oak AND id = 'z';
SELECT test.student('a1', 'Oaken', 'Oak'), test.student('a7', 'New', 'Oak'), test.drop_person('a5'), test.enroll('c5', 'a7'), test.drop_enroll('c2', 'a2'), test.enroll('c1', 'a1', begin_date => '2020-01-03');
SELECT test.guardian('g1', 'Oaken', 'Oak', '{a2}', email => 'oaken@example.org'), test.guardian('g3', 'oak3', 'Ash', '{a3,a4}', email => 'oak3@example.org'), test.guardian('g7', 'New', 'Oak', '{a7}', email => 'new@example.org');
SELECT test.org('s1', 'Elm one', d => :elm), test.class('c2', 'Elm two', d => :elm), test.drop_class('c4', d => :elm), test.student('a2', 'Elmy', 'Elm', d => :elm), test.student('a8', 'New', 'Elm', d => :elm),
       test.drop_person('a6', d => :elm), test.enroll('c2', 'a8', d => :elm), test.enroll('c2', 'a1', begin_date => '2020-01-04', d => :elm), test.drop_enroll('c1', 'a3', d => :elm),
       test.guardian('g2', 'Elmy', 'Elm', '{a1,a2}', email => 'elmy@example.org', d => :elm);
SELECT pg_temp.directory(:elm) AS elm_before, pg_temp.directory(:oak) AS oak_before \gset
SELECT pg_temp.turn(:daemon, :elm);
SELECT test.begin_run(true, :elm) AS elm_run \gset
SELECT pg_temp.turn(:second, :oak);
SELECT test.begin_run(true, :oak) AS oak_run \gset
SELECT is(test.plan(:elm_run) ->> 'verdict', 'apply', 'the one is planned');
SELECT is(test.plan(:oak_run) ->> 'verdict', 'apply', 'the other too');
SELECT is(pg_temp.directory(:elm) || pg_temp.directory(:oak), :'elm_before' || :'oak_before', 'which changes neither');
SELECT test.apply(:oak_run);
SELECT is_empty(format('SELECT * FROM pg_temp.differs(%s)', :oak), 'applied, the mirror says what the SIS says');
SELECT is(pg_temp.directory(:elm), :'elm_before', 'the other district is as it was');
SELECT isnt_empty(format('SELECT * FROM pg_temp.differs(%s)', :elm), 'its mirror too');
SELECT pg_temp.directory(:oak) AS oak_after \gset
SELECT is(:'oak_after'::text, 's1 School 1 f,s2 Oak two f,s3 oak 3 t,s4 Oak 4 f/c1 Oak one active,c2 oak class 2 active,c3 oak class 3 archived,c4 oak class 4 active,c5 Oak five active/'
    'a1 a2 a3 a4 a6/a1 a3 a4 a6/a7//g1 g2/g3/oaken@example.org/oak3@example.org/new@example.org/oaken@example.org/(s1)/s1', 'the directory goes by it');
SELECT test.apply(:elm_run);
SELECT is_empty(format('SELECT * FROM pg_temp.differs(%s)', :elm), 'then the other');
SELECT is(pg_temp.directory(:oak), :'oak_after', 'and the first is as it was');
SELECT is(pg_temp.directory(:elm), 's1 Elm one f,s2 elm 2 f,s3 elm 3 f/c1 elm class 1 active,c2 Elm two active,c3 elm class 3 active,c4 elm class 4 archived/'
    'a1 a2 a4 a5/a1 a2 a3 a4 a5 a8//g1 g2/g2/g3/elm1@example.org/elm3@example.org//elm1@example.org/s1/', 'each its own');
SELECT is_empty(format('SELECT * FROM pg_temp.differs(%s)', :oak), 'in the mirror too');
SELECT ok(test.settled(:oak), 'and nothing is left to do');
SELECT * FROM finish();
ROLLBACK;
