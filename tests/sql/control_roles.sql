-- Who may do what: by doing it, as each role.
BEGIN;
SELECT plan(68);
\ir lib.sql
CREATE ROLE amy LOGIN IN ROLE rosterd_csm;
CREATE ROLE olga LOGIN IN ROLE rosterd_ops;
CREATE ROLE apollo LOGIN IN ROLE rosterd_app;
CREATE FUNCTION test.as(p_role text, p_query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', p_role, true);
    IF p_query ~* '^\s*(SELECT|TABLE)' THEN
        EXECUTE p_query INTO v_answer;
    ELSE
        EXECUTE p_query;
    END IF;
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;
CREATE FUNCTION test.does(p_role text, p_query text) RETURNS text LANGUAGE sql AS
    $$ SELECT lives_ok(format('SELECT test.as(%L, %L)', p_role, p_query), format('%s may: %s', p_role, p_query)) $$;
CREATE FUNCTION test.fails(p_role text, p_query text) RETURNS text LANGUAGE sql AS
    $$ SELECT throws_ok(format('SELECT test.as(%L, %L)', p_role, p_query), '42501', NULL, format('%s may not: %s', p_role, p_query)) $$;

SELECT test.district();

-- a CSM: exactly their columns of rosterd.district
SELECT test.does('amy', format('UPDATE rosterd.district SET %s = %s', c, v)) FROM (VALUES
    ('sync_enabled', 'false'), ('preview_only', 'true'), ('abandonment', '''extreme'''), ('abandoned_classrooms', '''disconnect'''),
    ('unarchive_reappearing', 'false'), ('update_active_users', 'true'), ('merge_duplicate_guardians', 'true'),
    ('relatives_are_guardians', 'false'), ('phone_is_credential', 'false'), ('phone_region', '''CA'''),
    ('time_zone', '''America/Chicago'''), ('removal_limit_percent', '5'), ('removal_limit_min', '10'), ('change_limit_percent', '50'),
    ('on_limit', '''hold-all'''), ('use_preferred_names', 'true'), ('file_encoding', '''windows-1252'''), ('file_reading', '''strict'''),
    ('bad_rows_limit_percent', '5'), ('note', '''hello''')) AS x (c, v);
SELECT test.does('amy', 'UPDATE rosterd.district SET paused_until = now() + interval ''1 day'', pause_reason = ''holidays''');
SELECT is((SELECT (time_zone, removal_limit_min, on_limit, note)::text FROM rosterd.district WHERE slug = 'oak'),
    '(America/Chicago,10,hold-all,hello)', 'and it is as they wrote it');
SELECT test.fails('amy', format('UPDATE rosterd.district SET %I = %1$I', a.attname))
FROM pg_attribute a WHERE a.attrelid = 'rosterd.district'::regclass AND a.attnum > 0
  AND a.attname IN ('slug', 'name', 'version', 'settings_version', 'seen_version', 'seen_at', 'created_at', 'changed_at', 'changed_by')
ORDER BY a.attnum;
SELECT test.does('amy', 'SELECT * FROM rosterd.district');
SELECT test.does('amy', 'TABLE rosterd.' || v) FROM unnest('{districts,needs_attention,open_findings,last_runs,switch_history,schools}'::text[]) v;
SELECT test.does('amy', 'SELECT rosterd.set_sync(''oak'', true)');
SELECT test.fails('amy', 'INSERT INTO rosterd.district (slug, name) VALUES (''elm'', ''Elm'')');
SELECT test.fails('amy', 'DELETE FROM rosterd.district');
SELECT test.fails('amy', 'TABLE rosterd.source');
SELECT test.fails('amy', 'UPDATE rosterd.source SET host = ''elsewhere''');
SELECT test.fails('amy', 'SELECT rosterd.onboard(''elm'', ''Elm'', ''h'', 22, ''u'', ''/'', ''elm'')');
SELECT test.fails('amy', 'SELECT sync.set_pause(''oak'', NULL, NULL, ''amy'')');
SELECT test.fails('amy', 'UPDATE rosterd.run SET state = ''done''');
SELECT test.fails('amy', 'DELETE FROM rosterd.config_change');
SELECT test.fails('amy', 'TABLE directory.person');

-- operators: the source too, and nothing of the directory
SELECT test.does('olga', 'UPDATE rosterd.source SET host = ''sftp.example.org''');
SELECT test.does('olga', 'SELECT rosterd.onboard(''elm'', ''Elm'', ''h'', 22, ''u'', ''/'', ''elm'')');
SELECT test.does('olga', 'UPDATE rosterd.district SET name = ''Oak Valley'', sync_enabled = true WHERE slug = ''oak''');
SELECT test.does('olga', 'TABLE rosterd.config_change');
SELECT test.fails('olga', 'UPDATE rosterd.config_change SET changed_by = ''amy''');
SELECT test.fails('olga', 'DELETE FROM rosterd.run');
SELECT test.fails('olga', 'TABLE directory.person');
SELECT test.fails('olga', 'TABLE stage.person');

-- the daemon: verbs, no table; who else calls them is refused
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') AND c.relkind IN ('r', 'v', 'p', 'm')
      AND (has_table_privilege('rosterd_daemon', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
           OR has_any_column_privilege('rosterd_daemon', c.oid, 'SELECT, INSERT, UPDATE')) $$, 'the daemon has no right on any table');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'api') AND has_function_privilege('rosterd_daemon', p.oid, 'EXECUTE') $$,
    'and calls functions of sync only');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'sync' AND EXISTS (SELECT FROM unnest('{rosterd_csm,rosterd_app,rosterd_outbox,rosterd_stage_0}'::text[]) r
                                         WHERE has_function_privilege(r, p.oid, 'EXECUTE')) $$, 'which CSMs, app, mailer and workers do not');

-- the workers: nothing to read at all
SELECT is_empty($$ SELECT r, c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
      generate_series(0, 7) k, LATERAL (SELECT 'rosterd_stage_' || k AS r) x
    WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') AND c.relkind IN ('r', 'v', 'p', 'm')
      AND (has_table_privilege(r, c.oid, 'SELECT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(r, c.oid, 'SELECT, UPDATE')) $$,
    'a worker reads and changes no table');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') AND c.relkind IN ('r', 'v', 'p', 'm')
      AND has_any_column_privilege('rosterd_stage_3', c.oid, 'INSERT') AND c.relname !~ '_3$' $$,
    'and writes to its own slot only');

-- who calls what of the control plane, in full
SELECT set_eq($$ SELECT DISTINCT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'rosterd'::regnamespace AND has_function_privilege('rosterd_csm', p.oid, 'EXECUTE') $$,
    -- the switch, decisions, leaders, care for people; and what the table's own checks call
    '{set_sync,pause,resume,approve,refuse,appoint_leader,dismiss_leader,grant_users_manager,revoke_users_manager,pin,unpin,link_person,explain_person,apply_extreme,
      find_district,causes,check_district,is_one_of,is_phone_region,is_time_zone,likeness,span_words,sync_word,who}'::text[], 'what a CSM calls');
SELECT set_eq($$ SELECT DISTINCT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'rosterd'::regnamespace AND has_function_privilege('rosterd_ops', p.oid, 'EXECUTE')
                   AND NOT has_function_privilege('rosterd_csm', p.oid, 'EXECUTE') $$, '{onboard,erase_person,undo}'::text[], 'and operators besides');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('sync', 'stage', 'api') AND EXISTS (SELECT FROM unnest('{rosterd_csm,rosterd_ops}'::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) $$,
    'nothing of the daemon''s or the app''s');
SELECT set_eq($$ SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') AND has_function_privilege('rosterd_stage_3', p.oid, 'EXECUTE') $$,
    '{"stage.open(bigint,bigint)","stage.close(bigint,bigint,text,jsonb,jsonb,uuid)"}'::text[], 'a worker opens and closes its slot');

-- the app: nothing of the control plane
SELECT test.fails('apollo', 'TABLE rosterd.district');
SELECT test.fails('apollo', 'SELECT rosterd.set_sync(''oak'', false)');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('rosterd', 'stage', 'sync', 'audit', 'sis') AND c.relkind IN ('r', 'v', 'p')
      AND has_any_column_privilege('rosterd_app', c.oid, 'SELECT, INSERT, UPDATE') $$, 'the app sees nothing but the directory');

SELECT * FROM finish();
ROLLBACK;
