-- What the app, the sender of messages and the backend may call and read, and nothing else.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
GRANT USAGE ON SCHEMA t TO PUBLIC;
GRANT SELECT ON t.who TO PUBLIC;
CREATE TABLE t.want (role text, call text);
INSERT INTO t.want VALUES
    ('rosterd_app', 'api.accept_invitation(bigint,text)'), ('rosterd_app', 'api.account_students(bigint,bigint)'),
    ('rosterd_app', 'api.add_backpack_item(bigint,bigint,bigint,bigint,text)'), ('rosterd_app', 'api.add_co_teacher(bigint,bigint,bigint,bigint)'),
    ('rosterd_app', 'api.add_guardian(bigint,bigint,bigint,text,text,text,text,text)'), ('rosterd_app', 'api.add_student(bigint,bigint,bigint,bigint)'),
    ('rosterd_app', 'api.add_student_by_name(bigint,bigint,bigint,text,text)'), ('rosterd_app', 'api.add_teacher(bigint,bigint,bigint,text,text,text)'),
    ('rosterd_app', 'api.archive_classroom(bigint,bigint,bigint)'), ('rosterd_app', 'api.archive_student(bigint,bigint,bigint)'),
    ('rosterd_app', 'api.audience(bigint,bigint)'), ('rosterd_app', 'api.can_access_school(bigint,bigint,bigint)'),
    ('rosterd_app', 'api.can_access_student(bigint,bigint,bigint)'), ('rosterd_app', 'api.create_classroom(bigint,bigint,bigint,text)'),
    ('rosterd_app', 'api.create_join_code(bigint,bigint,bigint)'), ('rosterd_app', 'api.create_student(bigint,bigint,bigint,text,text)'),
    ('rosterd_app', 'api.edit_person(bigint,bigint,bigint,text,text,text,text,text)'), ('rosterd_app', 'api.enable_student_account(bigint,bigint,bigint)'),
    ('rosterd_app', 'api.join_with_code(bigint,text,text,text,text,text,text,text)'), ('rosterd_app', 'api.remove_guardian(bigint,bigint,bigint,bigint)'),
    ('rosterd_app', 'api.remove_member(bigint,bigint,bigint,bigint)'), ('rosterd_app', 'api.rename_classroom(bigint,bigint,bigint,text)'),
    ('rosterd_app', 'api.restore_student(bigint,bigint,bigint)'), ('rosterd_app', 'api.school_directory(bigint,bigint,text)'),
    ('rosterd_app', 'api.set_sis_rostering(bigint,bigint,bigint,boolean)'), ('rosterd_app', 'api.unarchive_classroom(bigint,bigint,bigint)'),
    ('rosterd_app', 'api.update_account(bigint,bigint,text,text,text,text,text)'), ('rosterd_app', 'api.visible_backpack(bigint,bigint,bigint)'),
    ('rosterd_app', 'api.visible_classrooms(bigint,bigint)'),
    ('rosterd_outbox', 'api.outbox_sent(bigint,bigint[])'), ('rosterd_outbox', 'api.take_outbox(bigint,integer)');
CREATE FUNCTION t.as_role(p_role text, p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_state text := 'ok';
BEGIN
    PERFORM set_config('role', p_role, true);
    BEGIN EXECUTE p_sql; EXCEPTION WHEN OTHERS THEN v_state := SQLSTATE; END;
    PERFORM set_config('role', 'none', true);
    RETURN v_state;
END $$;
\o
SELECT plan(18);
SELECT set_eq($$SELECT r.rolname::text, p.oid::regprocedure::text FROM pg_proc AS p CROSS JOIN pg_roles AS r
                 WHERE p.pronamespace = 'api'::regnamespace AND r.rolname ~ '^rosterd_' AND r.rolname <> 'rosterd_owner'
                   AND has_function_privilege(r.oid, p.oid, 'EXECUTE')$$,
              'SELECT role, call FROM t.want', 'the app and the sender may call the acts and readers of the contract, nobody anything else');
SELECT set_eq($$SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace = 'api'::regnamespace AND p.prosecdef$$,
              'SELECT call FROM t.want', 'these and no others act with the owner''s rights');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
            WHERE p.pronamespace = 'api'::regnamespace AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)), NULL, 'each with its own search_path');
SELECT is((SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p
            WHERE p.pronamespace = 'api'::regnamespace AND p.prosecdef AND obj_description(p.oid, 'pg_proc') !~ '\(.*[A-Z]+-[A-Z]?[0-9]'), NULL, 'and a comment that names its rules');
SELECT is((SELECT string_agg(p.proargnames[1], ', ') FROM pg_proc AS p WHERE p.prosecdef AND p.pronamespace = 'api'::regnamespace AND p.proargnames[1] <> 'p_district'), NULL,
          'the district is the first parameter of each');
-- rule: SAFE-8
SELECT set_eq($$SELECT p.proname::text FROM pg_proc AS p
                 WHERE p.prosecdef AND p.provolatile = 'v' AND p.pronamespace IN ('api'::regnamespace, 'rosterd'::regnamespace)
                   AND EXISTS (SELECT FROM unnest('{rosterd_app,rosterd_outbox,rosterd_csm,rosterd_ops}'::text[]) AS r WHERE has_function_privilege(r, p.oid, 'EXECUTE'))
                   AND p.prosrc !~ 'sync\.(enter|shut)_gate\('$$,
              -- the first two call move_student, which does; the last two write nothing that a run reads beside them
              ARRAY['archive_student', 'restore_student', 'approve', 'refuse'], 'who writes to a district comes through its gate');
SELECT set_eq($$SELECT p.proname::text, r.rolname::text FROM pg_proc AS p CROSS JOIN pg_roles AS r
                 WHERE p.proname IN ('appoint_leader', 'dismiss_leader', 'grant_users_manager', 'revoke_users_manager')
                   AND r.rolname ~ '^rosterd_' AND r.rolname <> 'rosterd_owner' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')$$,
              $$SELECT f, r FROM unnest(ARRAY['appoint_leader', 'dismiss_leader', 'grant_users_manager', 'revoke_users_manager']) AS f
                 CROSS JOIN unnest(ARRAY['rosterd_csm', 'rosterd_ops']) AS r$$, 'leaders come from the backend');

SELECT is(t.as_role('rosterd_app', format('SELECT api.rename_classroom(%s, %s, %s, %L)', t.d(), t.who('leader'), t.who('class.synced'), 'New')), 'ok', 'the app acts');
SELECT is(t.as_role('rosterd_app', format('SELECT * FROM api.school_directory(%s, %s, %L)', t.d(), t.who('school.a'), 'all')), 'ok', 'and reads');
SELECT is(t.as_role('rosterd_app', 'SELECT district_id, person_id, sourced_id, given_name, family_name, status FROM directory.person'), 'ok', 'people');
SELECT is(t.as_role('rosterd_app', 'SELECT * FROM directory.member NATURAL JOIN directory.classroom'), 'ok', 'rosters');
SELECT is(t.as_role('rosterd_app', 'SELECT district_id, person_id, kind, value, state FROM directory.invitation'), 'ok', 'who is invited');
SELECT is(t.as_role('rosterd_app', 'SELECT secret FROM directory.invitation'), '42501', 'not by which secret');
SELECT is(t.as_role('rosterd_app', 'SELECT * FROM directory.membership'), '42501', 'nor what is suspended or detached');
SELECT is(t.as_role('rosterd_app', 'SELECT * FROM audit.change'), '42501', 'nor the audit');
SELECT is(t.as_role('rosterd_app', format('UPDATE directory.classroom SET edited_name = %L', 'x')), '42501', 'and writes nothing by itself');
SELECT is(t.as_role('rosterd_outbox', format('SELECT * FROM api.take_outbox(%s, 1)', t.d())), 'ok', 'the sender takes the outbox');
SELECT is(t.as_role('rosterd_outbox', 'SELECT 1 FROM directory.person'), '42501', 'and sees nobody else');
SELECT * FROM finish();
ROLLBACK;
