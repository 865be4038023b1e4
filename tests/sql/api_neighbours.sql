-- What people see and do in a district does not depend on any other, and touches no other: here beside
-- one with the same ids, the same numbers, the same credentials and codes, and the opposite of everything else.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
CREATE SCHEMA test;  -- first, as in the other files' fixture: two files at once wait for each other in one order
\ir libapi.sql
\ir ../model/neighbour.sql
SELECT t.setting('time_zone = ''UTC''');
SELECT api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced'));
UPDATE directory.person SET status = 'invitee' WHERE district_id = t.d() AND person_id IN (t.who('parent'), t.who('parent.b'));
INSERT INTO directory.invitation (district_id, person_id, kind, value) SELECT t.d(), t.who(n), 'email', n || '@example.org' FROM unnest('{parent,parent.b}'::text[]) n;
\o

-- Everything that everybody is answered.
CREATE FUNCTION t.everything() RETURNS SETOF text LANGUAGE sql AS $$
    WITH person AS MATERIALIZED (SELECT * FROM t.who WHERE kind = 'person'), school AS MATERIALIZED (SELECT * FROM t.who WHERE kind = 'school')
    SELECT 'directory ' || s.name || x || row(d.*)::text FROM school s, unnest('{active,archived,all}'::text[]) x, api.school_directory(t.d(), s.id, x) d
    UNION ALL SELECT 'audience ' || coalesce(s.name, '-') || row(a.*)::text FROM (SELECT name, id FROM school UNION ALL SELECT NULL, NULL) s, api.audience(t.d(), s.id) a
    UNION ALL SELECT 'room ' || p.name || row(c.*)::text FROM person p, api.visible_classrooms(t.d(), p.id) c
    UNION ALL SELECT 'child ' || p.name || row(c.*)::text FROM person p, api.account_students(t.d(), p.id) c
    UNION ALL SELECT 'bag ' || p.name || o.name || row(b.*)::text FROM person p, person o, api.visible_backpack(t.d(), p.id, o.id) b
    UNION ALL SELECT 'school ' || p.name || s.name FROM person p, school s WHERE api.can_access_school(t.d(), p.id, s.id)
    UNION ALL SELECT 'opens ' || p.name || o.name FROM person p, person o WHERE api.can_access_student(t.d(), p.id, o.id) $$;

-- A row's own words: without secrets, which are by chance.
CREATE FUNCTION t.district_rows() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
BEGIN
    FOR v_table IN SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'district_id'
                   WHERE c.relkind = 'r' AND c.relnamespace IN ('directory'::regnamespace, 'sis'::regnamespace, 'audit'::regnamespace, 'sync'::regnamespace) LOOP
        RETURN QUERY EXECUTE format('SELECT %L || (to_jsonb(x) - ARRAY[''secret'', ''code'', ''mark_id'', ''marked_at'', ''change_id'', ''invitation_id'', ''notice_id'', ''item_id''])::text FROM %1$s x WHERE district_id = %s', v_table, t.d());
    END LOOP;
END $$;

-- Every act once; what it answered, and what became of the rows.
CREATE FUNCTION t.acts(p_on boolean) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT replace(x, '%', t.d()::text) FROM unnest(CASE WHEN p_on THEN ARRAY[
        'api.accept_invitation(%, (SELECT secret FROM directory.invitation WHERE district_id = % AND person_id = t.who(''parent'')))',
        'api.update_account(%, t.who(''parent''), ''Pa'', NULL, ''pa@example.org'', ''+12125550101'', NULL)',
        'api.update_account(%, t.who(''stranger''), ''Sam'', NULL, ''teacher.b@example.org'', NULL, NULL)',
        'api.edit_person(%, t.who(''manager''), t.who(''parent''), ''Pe'', NULL, NULL, NULL, NULL)',
        'api.edit_person(%, t.who(''manager''), t.who(''parent.b''), ''Pe'', NULL, NULL, NULL, NULL)',
        'api.edit_person(%, t.who(''chief.manager''), t.who(''pupil.b''), ''Pu'', NULL, NULL, NULL, NULL)',
        'api.create_classroom(%, t.who(''leader''), t.who(''school.a''), ''New'')',
        'api.rename_classroom(%, t.who(''teacher''), t.who(''class.synced''), ''Ours'')',
        'api.archive_classroom(%, t.who(''leader.b''), t.who(''class.b''))',
        'api.unarchive_classroom(%, t.who(''leader.b''), t.who(''class.b''))',
        'api.unarchive_classroom(%, t.who(''chief''), t.who(''class.archived''))',
        'api.set_sis_rostering(%, t.who(''leader''), t.who(''school.a''), true)',
        'api.add_student(%, t.who(''teacher''), t.who(''class.synced''), t.who(''other''))',
        'api.add_student(%, t.who(''leader''), t.who(''class.manual''), t.who(''sibling''))',
        'api.add_student_by_name(%, t.who(''leader''), t.who(''class.manual''), ''Other'', ''Oakley'')',
        'api.add_co_teacher(%, t.who(''teacher''), t.who(''class.synced''), t.who(''colleague''))',
        'api.remove_member(%, t.who(''leader''), t.who(''class.manual''), t.who(''pupil''))',
        'api.enable_student_account(%, t.who(''leader''), t.who(''pupil''))',
        'api.add_guardian(%, t.who(''leader''), t.who(''pupil''), ''Nan'', ''Oakley'', ''nan@example.org'', NULL, NULL)',
        'api.add_guardian(%, t.who(''leader''), t.who(''sibling''), ''Nan'', ''Oakley'', ''nan@example.org'', NULL, NULL)',
        'api.add_guardian(%, t.who(''leader''), t.who(''other''), ''Pat'', ''Oakley'', ''teacher@example.org'', NULL, NULL)',
        'api.remove_guardian(%, t.who(''leader''), t.who(''sibling''), t.who(''parent''))',
        'api.join_with_code(%, (SELECT code FROM directory.join_code WHERE district_id = %), ''Pupil'', ''Oakley'', ''Joe'', ''Join'', ''joe@example.org'', NULL)',
        'api.join_with_code(%, (SELECT code FROM directory.join_code WHERE district_id = %), ''Other Pupil'', ''Other Oakley'', ''Joe'', ''Join'', ''jo@example.org'', NULL)',
        'api.join_with_code(%, (SELECT code FROM directory.join_code WHERE district_id = %), ''Sibling'', ''Oakley'', ''Parent'', ''Oakley'', ''pa@example.org'', NULL)',
        'api.add_backpack_item(%, t.who(''teacher''), t.who(''class.synced''), t.who(''pupil''), ''leaf'')',
        'rosterd.appoint_leader(%, t.who(''school.b''), ''Tea'', ''Cher'', ''head@example.org'')',
        'rosterd.grant_users_manager(%, t.who(''leader''))', 'rosterd.revoke_users_manager(%, t.who(''manager''))',
        'rosterd.dismiss_leader(%, t.who(''leader.b''))', 'rosterd.dismiss_leader(%, t.who(''chief.manager''))',
        'rosterd.pin(%, ''person'', t.who(''pupil''), ''asked'')', 'rosterd.pin(%, ''classroom'', t.who(''class.b''), ''asked'')', 'rosterd.unpin(%, ''person'', t.who(''pupil''))',
        'rosterd.link_person(%, t.who(''stranger''), ''parent.b'', ''the school called'')',
        'rosterd.erase_person(%, t.who(''pupil.b''), ''asked'')', 'rosterd.erase_person(%, t.who(''parent.former''), ''asked'')',
        '(SELECT count(*) FROM (SELECT api.outbox_sent(%, ARRAY(SELECT id FROM api.take_outbox(%, 3)))) x)'
      ] ELSE ARRAY[
        '(SELECT string_agg(x::text, '' '' ORDER BY x::text) FROM rosterd.apply_extreme(%, true) x)', '(SELECT count(*) FROM rosterd.apply_extreme(%, false) x)',
        'api.create_student(%, t.who(''leader''), t.who(''school.a''), ''Zoe'', ''New'')',
        'api.archive_student(%, t.who(''leader''), t.who(''pupil''))',
        'api.restore_student(%, t.who(''leader''), t.who(''former''))',
        'api.add_teacher(%, t.who(''leader''), t.who(''school.a''), ''Ted'', ''Teach'', ''ted@example.org'')',
        'api.remove_member(%, t.who(''leader''), t.who(''class.synced''), t.who(''sibling''))',
        'api.edit_person(%, t.who(''leader''), t.who(''sibling''), ''Si'', NULL, ''si@example.org'', NULL, NULL)'] END) AS x $$;
CREATE TABLE t.sequence AS
    SELECT c.oid::regclass AS name, coalesce(pg_sequence_last_value(c.oid), 1) AS value FROM pg_class c
    WHERE c.relkind = 'S' AND c.relnamespace IN ('directory'::regnamespace, 'audit'::regnamespace, 'sync'::regnamespace);
CREATE FUNCTION t.play() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_act text;
    v_answer text;
BEGIN
    PERFORM setval(s.name, s.value) FROM t.sequence s;  -- the same numbers each time
    FOR v_act IN SELECT t.acts(true) UNION ALL SELECT 'off' UNION ALL SELECT t.acts(false) LOOP
        IF v_act = 'off' THEN
            PERFORM t.setting('sync_enabled = false, abandonment = ''extreme''');
            CONTINUE;
        END IF;
        BEGIN
            EXECUTE 'SELECT ' || v_act INTO v_answer;
        EXCEPTION WHEN OTHERS THEN
            v_answer := SQLSTATE;
        END;
        RETURN NEXT v_act || ' = ' || CASE WHEN v_act LIKE '%join_code%' AND v_answer !~ '^RS|^\d+$' THEN 'a code' ELSE coalesce(v_answer, '-') END;
    END LOOP;
    RETURN QUERY SELECT t.district_rows();
END $$;

SELECT plan(8);
CREATE TEMP TABLE seen AS SELECT * FROM t.everything() AS x;
SELECT ok((SELECT count(*) FROM seen) > 150, 'there is much to see');
SAVEPOINT alone;
CREATE TEMP TABLE done AS SELECT * FROM t.play() AS x;
SELECT count(*) AS refused FROM done WHERE x ~ ' = RS\d\d\d$' \gset
SELECT string_agg(x, E'\n' ORDER BY x) AS done FROM done \gset
ROLLBACK TO alone;
SELECT is(:refused, 5, 'and to do, of which five acts are refused');

WITH d AS (INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES ('elm', 'elm', true) RETURNING district_id)
INSERT INTO t.who SELECT 'elm', district_id, 'district' FROM d;
SELECT test.become_opposite(t.who('elm'), t.d()) \g /dev/null
-- There the parent has what they are going to enter here.
INSERT INTO directory.credential (district_id, person_id, kind, value) VALUES (t.who('elm'), t.who('parent'), 'email', 'pa@example.org');
CREATE TEMP TABLE sum AS SELECT test.sum_of(t.who('elm')) AS value;
SELECT is((SELECT count(*) FROM directory.person WHERE district_id = t.who('elm')), (SELECT count(*) FROM directory.person WHERE district_id = t.d()), 'the neighbour is there');
SELECT set_eq('SELECT * FROM t.everything()', 'SELECT x FROM seen', 'beside it everybody sees what they saw');
SELECT is((SELECT string_agg(x, E'\n' ORDER BY x) FROM t.play() AS x), :'done', 'and every act does the same');
SELECT is(test.sum_of(t.who('elm')), (SELECT value FROM sum), 'without touching the neighbour');
-- The neighbour's people have no rights here, though their numbers are the same: the opposite roles see the opposite.
SELECT ok((SELECT count(*) FROM api.school_directory(t.who('elm'), t.who('school.a'), 'active')) = 2, 'there the archived and the detached student are active');
SELECT ok(NOT EXISTS (SELECT FROM api.visible_classrooms(t.who('elm'), t.who('leader'))), 'and the leader none');
SELECT * FROM finish();
ROLLBACK;
