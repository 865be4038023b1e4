-- The fixture of the rule tests: a SIS that is edited by small calls, and test.sync(), which does
-- what a worker and the daemon do with it, under their roles, inside the test's one transaction.
--
--   SELECT test.district();                        'oak', sync on, one school s1
--   SELECT test.student('ann', 'Ann', 'Ash');      at s1; last arguments: email, schools, agents
--   SELECT test.guardian('gus', 'Gus', 'Ash', agents => '{ann}', email => 'gus@example.org');
--   SELECT test.class('c1', 'Class 1');            test.enroll('c1', 'ann')
--   SELECT test.sync();                            the run's number; what is held is approved
--   SELECT test.night();                           the same, but what is held stays so
--   SELECT test.person('gus');                     the account behind a sourcedId
--
-- Most calls take the district last (d => …), the one made last when left out.
CREATE SCHEMA test;
GRANT USAGE ON SCHEMA test TO PUBLIC;
CREATE TABLE test.now_at (district_id bigint NOT NULL, daemon_id bigint);
CREATE TABLE test.sis_org (d bigint, id text, name text, type text, parent text, PRIMARY KEY (d, id));
CREATE TABLE test.sis_session (d bigint, id text, title text, type text, start_date text, end_date text, PRIMARY KEY (d, id));
CREATE TABLE test.sis_class (d bigint, id text, title text, school text, terms text[], PRIMARY KEY (d, id));
CREATE TABLE test.sis_person (
    d bigint, id text, roles text[], given text, family text, email text, sms text, phone text, invalid text,
    orgs text[], agents text[], PRIMARY KEY (d, id));
CREATE TABLE test.sis_enroll (
    d bigint, id text, class text, person text, role text, begin_date text, end_date text, PRIMARY KEY (d, id));
-- What the worker says besides: unusable rows, findings, files that are absent.
CREATE TABLE test.sis_bad (d bigint, kind text, id text);
CREATE TABLE test.sis_absent (d bigint, file text);
-- Deltas: the files that are one, whose SIS then holds only what changed, and who is gone.
CREATE TABLE test.sis_delta (d bigint, file text);
CREATE TABLE test.sis_gone (d bigint, kind text, id text);
-- OneRoster 1.2: rows of roles.csv. While there are any, or the file is a delta, people have no roles of their own.
CREATE TABLE test.sis_role (d bigint, id text, person text, role text, org text);
-- The worker's digests: what the files it read had in each record (NULL: unusable). A district that is here
-- writes one of each file, and with use sends only what is not in the one that stage.open names.
CREATE TABLE test.digest (d bigint, token uuid, kind text, id text, record jsonb);
CREATE TABLE test.sis_digest (d bigint PRIMARY KEY, use boolean);
CREATE TABLE test.unsent (kind text, id text);
-- What the worker was last told when it began.
CREATE TABLE test.opened (answer jsonb);
-- Why a run's file was asked for whole.
CREATE TABLE test.asked (run_id bigint, reason text);
GRANT SELECT ON ALL TABLES IN SCHEMA test TO PUBLIC;

CREATE FUNCTION test.d() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT district_id FROM test.now_at $$;

CREATE FUNCTION test.district(p_slug text DEFAULT 'oak') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_d bigint;
BEGIN
    -- one number means a person, a classroom and a school: who takes the one for the other is seen
    PERFORM setval(pg_get_serial_sequence(s, c), most) FROM (
        SELECT max(last_value) FROM (SELECT last_value FROM directory.person_person_id_seq UNION ALL SELECT last_value FROM directory.classroom_classroom_id_seq
                                     UNION ALL SELECT last_value FROM directory.school_school_id_seq) x) m (most),
        (VALUES ('directory.person', 'person_id'), ('directory.classroom', 'classroom_id'), ('directory.school', 'school_id')) t (s, c);
    INSERT INTO rosterd.district (slug, name, sync_enabled, on_limit) VALUES (p_slug, initcap(p_slug) || ' District', true, 'hold-all') RETURNING district_id INTO v_d;
    INSERT INTO rosterd.source (district_id, host, username, credential) VALUES (v_d, 'localhost', 'roster', p_slug);
    DELETE FROM test.now_at;
    INSERT INTO test.now_at VALUES (v_d);
    INSERT INTO test.sis_org VALUES (v_d, 'd0', initcap(p_slug) || ' District', 'district', NULL), (v_d, 's1', 'School 1', 'school', 'd0');
    RETURN v_d;
END $$;

-- A setting of the district, as a CSM changes it.
CREATE FUNCTION test.setting(p_column text, p_value text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE rosterd.district SET %I = %L WHERE district_id = %s', p_column, p_value, d);
END $$;

-- The SIS of the current district: each call says how a record is from now on.
CREATE FUNCTION test.org(p_id text, p_name text, p_type text DEFAULT 'school', d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.sis_org VALUES (d, p_id, p_name, p_type, 'd0')
    ON CONFLICT ON CONSTRAINT sis_org_pkey DO UPDATE SET name = excluded.name, type = excluded.type $$;

CREATE FUNCTION test.session(p_id text, p_start text, p_end text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.sis_session VALUES (d, p_id, p_id, 'term', p_start, p_end)
    ON CONFLICT ON CONSTRAINT sis_session_pkey DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date $$;

CREATE FUNCTION test.class(p_id text, p_title text, school text DEFAULT 's1', terms text[] DEFAULT '{}', d bigint DEFAULT test.d())
RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.sis_class VALUES (d, p_id, p_title, school, terms)
    ON CONFLICT ON CONSTRAINT sis_class_pkey DO UPDATE SET title = excluded.title, school = excluded.school, terms = excluded.terms $$;

CREATE FUNCTION test.user(p_id text, roles text[], given text, family text, email text DEFAULT NULL, sms text DEFAULT NULL,
                          phone text DEFAULT NULL, schools text[] DEFAULT '{s1}', agents text[] DEFAULT '{}',
                          invalid text DEFAULT NULL, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.sis_person VALUES (d, p_id, roles, given, family, email, sms, phone, invalid, schools, agents)
    ON CONFLICT ON CONSTRAINT sis_person_pkey DO UPDATE SET roles = excluded.roles, given = excluded.given, family = excluded.family,
        email = excluded.email, sms = excluded.sms, phone = excluded.phone, invalid = excluded.invalid,
        orgs = excluded.orgs, agents = excluded.agents $$;

CREATE FUNCTION test.student(p_id text, given text, family text, email text DEFAULT NULL, schools text[] DEFAULT '{s1}',
                             agents text[] DEFAULT '{}', d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    SELECT test.user(p_id, '{student}', given, family, email => email, schools => schools, agents => agents, d => d) $$;

CREATE FUNCTION test.teacher(p_id text, given text, family text, email text DEFAULT NULL, schools text[] DEFAULT '{s1}',
                             d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    SELECT test.user(p_id, '{teacher}', given, family, email => email, schools => schools, d => d) $$;

CREATE FUNCTION test.guardian(p_id text, given text, family text, agents text[] DEFAULT '{}', email text DEFAULT NULL, sms text DEFAULT NULL,
                              phone text DEFAULT NULL, role text DEFAULT 'guardian', invalid text DEFAULT NULL, d bigint DEFAULT test.d())
RETURNS void LANGUAGE sql AS $$
    SELECT test.user(p_id, ARRAY[role], given, family, email => email, sms => sms, phone => phone, schools => '{s1}', agents => agents,
                     invalid => invalid, d => d) $$;

CREATE FUNCTION test.enroll(p_class text, p_person text, role text DEFAULT 'student', begin_date text DEFAULT NULL, end_date text DEFAULT NULL,
                            d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.sis_enroll VALUES (d, p_class || '/' || p_person, p_class, p_person, role, begin_date, end_date)
    ON CONFLICT ON CONSTRAINT sis_enroll_pkey DO UPDATE
    SET role = excluded.role, begin_date = excluded.begin_date, end_date = excluded.end_date $$;

CREATE FUNCTION test.drop_org(p_id text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ DELETE FROM test.sis_org o WHERE o.d = drop_org.d AND o.id = p_id $$;
CREATE FUNCTION test.drop_class(p_id text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.sis_enroll e WHERE e.d = drop_class.d AND e.class = p_id;
    DELETE FROM test.sis_class c WHERE c.d = drop_class.d AND c.id = p_id $$;
-- People leave with their enrollments.
CREATE FUNCTION test.drop_person(p_id text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.sis_enroll e WHERE e.d = drop_person.d AND e.person = p_id;
    DELETE FROM test.sis_person p WHERE p.d = drop_person.d AND p.id = p_id $$;
CREATE FUNCTION test.drop_enroll(p_class text, p_person text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.sis_enroll e WHERE e.d = drop_enroll.d AND e.class = p_class AND e.person = p_person $$;
CREATE FUNCTION test.bad(p_kind text, p_id text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO test.sis_bad VALUES (d, p_kind, p_id) $$;

-- The next file says only what changed: the SIS is empty, and test.gone says who left.
CREATE FUNCTION test.delta(VARIADIC files text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.sis_delta; DELETE FROM test.sis_gone; DELETE FROM test.sis_bad;
    DELETE FROM test.sis_org WHERE 'orgs.csv' = ANY (files);
    DELETE FROM test.sis_session WHERE 'academicSessions.csv' = ANY (files);
    DELETE FROM test.sis_class WHERE 'classes.csv' = ANY (files);
    DELETE FROM test.sis_person WHERE 'users.csv' = ANY (files);
    DELETE FROM test.sis_enroll WHERE 'enrollments.csv' = ANY (files);
    DELETE FROM test.sis_role WHERE 'roles.csv' = ANY (files);
    INSERT INTO test.sis_delta SELECT test.d(), f FROM unnest(files) f $$;
CREATE FUNCTION test.gone(p_kind text, p_id text, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO test.sis_gone VALUES (d, p_kind, p_id) $$;
CREATE FUNCTION test.role(p_id text, p_person text, p_role text, p_org text DEFAULT 's1', d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO test.sis_role VALUES (d, p_id, p_person, p_role, p_org) $$;

-- A digest of the SIS as it is now: class, person with roles as staged and agents in their order, enrollment.
CREATE FUNCTION test.write_digest(p_roles boolean, p_later boolean, d bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_token CONSTANT uuid := gen_random_uuid();
BEGIN
    INSERT INTO test.digest
    SELECT write_digest.d, v_token, x.kind, x.id,
           CASE WHEN NOT EXISTS (SELECT FROM test.sis_bad b WHERE b.d = write_digest.d AND b.kind = x.kind AND b.id = x.id) THEN x.record END
    FROM (SELECT 'person' AS kind, p.id,
                 to_jsonb(p) || jsonb_build_object('roles', CASE WHEN p_later THEN NULL WHEN p_roles THEN (SELECT jsonb_agg(jsonb_build_array(r.role, r.org) ORDER BY r.id)
                     FROM test.sis_role r WHERE r.d = write_digest.d AND r.person = p.id) ELSE to_jsonb(p.roles) END) AS record
          FROM test.sis_person p WHERE p.d = write_digest.d AND NOT p_later
          UNION ALL SELECT 'person', p.id, NULL FROM test.sis_person p WHERE p.d = write_digest.d AND p_later
          UNION ALL SELECT 'class', c.id, to_jsonb(c) FROM test.sis_class c WHERE c.d = write_digest.d
          UNION ALL SELECT 'enrollment', e.id, to_jsonb(e) FROM test.sis_enroll e WHERE e.d = write_digest.d
          UNION ALL SELECT b.kind, b.id, NULL FROM test.sis_bad b
                    WHERE b.d = write_digest.d AND b.id IS NOT NULL
                      AND NOT EXISTS (SELECT FROM test.sis_class c WHERE c.d = b.d AND c.id = b.id AND b.kind = 'class')
                      AND NOT EXISTS (SELECT FROM test.sis_person p WHERE p.d = b.d AND p.id = b.id AND b.kind = 'person')
                      AND NOT EXISTS (SELECT FROM test.sis_enroll e WHERE e.d = b.d AND e.id = b.id AND b.kind = 'enrollment')) x
    WHERE x.kind IN ('class', 'person', 'enrollment');
    RETURN v_token;
END $$;

-- The worker: everything of the SIS into slot p_slot, under that slot's login.
CREATE FUNCTION test.stage(p_run bigint, p_epoch bigint, p_slot smallint, p_sha256 text, d bigint DEFAULT test.d(), p_whole boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_open jsonb;
    v_token uuid;
    v_base uuid;
    v_me text := session_user;
    v_absent text[] := ARRAY(SELECT a.file FROM test.sis_absent a WHERE a.d = stage.d);
    v_delta text[] := ARRAY(SELECT a.file FROM test.sis_delta a WHERE a.d = stage.d);
    v_roles boolean := EXISTS (SELECT FROM test.sis_role a WHERE a.d = stage.d) OR 'roles.csv' = ANY (v_delta);
    v_later boolean;
    v_rows jsonb := '{}';
    v_n bigint;
    v_insert record;
    us CONSTANT text := U&'\001F';
    rs CONSTANT text := U&'\001E';
BEGIN
    PERFORM set_config('session_authorization', 'rosterd_stage_' || p_slot, true);
    v_open := stage.open(p_run, p_epoch);
    v_roles := v_roles AND 'roles.csv' <> ALL (v_absent);
    v_later := v_roles AND v_delta && ARRAY['users.csv', 'roles.csv'] OR 'roles.csv' = ANY (v_absent) AND 'users.csv' = ANY (v_delta);
    PERFORM set_config('session_authorization', v_me, true);
    DELETE FROM test.unsent;
    DELETE FROM test.opened;
    INSERT INTO test.opened VALUES (v_open);
    IF NOT v_absent || v_delta && ARRAY['classes.csv', 'users.csv', 'enrollments.csv'] AND EXISTS (SELECT FROM test.sis_digest w WHERE w.d = stage.d) THEN
        v_token := test.write_digest(v_roles, v_later, d);
        SELECT g.token INTO v_base FROM test.digest g JOIN test.sis_digest w ON w.d = g.d AND w.use
        WHERE NOT p_whole AND g.d = stage.d AND g.token = (v_open ->> 'digest')::uuid LIMIT 1;
        INSERT INTO test.unsent
        SELECT n.kind, n.id FROM test.digest n JOIN test.digest o ON o.d = n.d AND o.token = v_base AND o.kind = n.kind AND o.id = n.id AND o.record = n.record
        WHERE n.d = stage.d AND n.token = v_token AND NOT v_open -> 'unsettled' -> n.kind ? n.id;
    END IF;
    PERFORM set_config('session_authorization', 'rosterd_stage_' || p_slot, true);
    FOR v_insert IN
        SELECT t.name, t.file, t.query FROM (VALUES
            ('org', 'orgs.csv', 'SELECT n, id, name, type, NULL, parent FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_org WHERE d = $1) x'),
            ('session', 'academicSessions.csv', 'SELECT n, id, title, type, start_date, end_date, NULL, ''2026'' FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_session WHERE d = $1) x'),
            ('class', 'classes.csv', 'SELECT n, id, title, NULL, ''scheduled'', NULL, school, array_to_string(terms, $2) FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_class WHERE d = $1) x'),
            ('person', 'users.csv', 'SELECT n, id, CASE WHEN $5 THEN NULL WHEN $4 THEN (SELECT string_agg(r.role || $3 || r.org, $2 ORDER BY r.id) FROM test.sis_role r WHERE r.d = $1 AND r.person = x.id) ELSE array_to_string(ARRAY(SELECT r || $3 || o FROM unnest(roles) r CROSS JOIN unnest(CASE WHEN orgs = ''{}'' THEN ''{""}'' ELSE orgs END) o), $2) END, given, family, email, sms, phone, invalid
                                       FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_person WHERE d = $1) x'),
            ('link', 'users.csv', 'SELECT n, id, unnest(agents) FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_person WHERE d = $1) x'),
            ('enrollment', 'enrollments.csv', 'SELECT n, id, class, ''s1'', person, role, begin_date, end_date FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_enroll WHERE d = $1) x'),
            ('role', 'roles.csv', 'SELECT n, id, person, role, org FROM (SELECT row_number() OVER (ORDER BY id) + 1 AS n, * FROM test.sis_role WHERE d = $1) x')
        ) AS t (name, file, query) WHERE t.file <> ALL (v_absent)
    LOOP
        EXECUTE format('INSERT INTO stage.%I (%s) SELECT * FROM (%s) x WHERE NOT EXISTS (SELECT FROM test.unsent u WHERE u.kind = %L AND u.id = x.id)', v_insert.name || '_' || p_slot,
                       CASE v_insert.name WHEN 'org' THEN 'line, sourced_id, name, type, identifier, parent'
                                          WHEN 'session' THEN 'line, sourced_id, title, type, start_date, end_date, parent, school_year'
                                          WHEN 'class' THEN 'line, sourced_id, title, class_code, class_type, course, school, terms'
                                          WHEN 'person' THEN 'line, sourced_id, roles, given_name, family_name, email, sms, phone, invalid'
                                          WHEN 'link' THEN 'line, sourced_id, agent'
                                          WHEN 'role' THEN 'line, sourced_id, person, role, org'
                                          ELSE 'line, sourced_id, class, school, person, role, begin_date, end_date' END,
                       v_insert.query, CASE v_insert.name WHEN 'link' THEN 'person' ELSE v_insert.name END)
        USING d, us, rs, v_roles, v_later;
        GET DIAGNOSTICS v_n = ROW_COUNT;
        v_rows := v_rows || jsonb_build_object(v_insert.name, v_n);
    END LOOP;
    EXECUTE format('INSERT INTO stage.%I (line, kind, sourced_id) SELECT 999, kind, id FROM test.sis_bad WHERE d = $1', 'bad_' || p_slot) USING d;
    GET DIAGNOSTICS v_n = ROW_COUNT;
    v_rows := v_rows || jsonb_build_object('bad', v_n);
    EXECUTE format('INSERT INTO stage.%I (line, kind, sourced_id) SELECT 998, kind, id FROM test.sis_gone WHERE d = $1', 'gone_' || p_slot) USING d;
    GET DIAGNOSTICS v_n = ROW_COUNT;
    IF v_base IS NOT NULL THEN
        EXECUTE format('INSERT INTO stage.%I (line, kind, sourced_id) SELECT 0, o.kind, o.id FROM test.digest o WHERE o.d = $1 AND o.token = $2
                        AND NOT EXISTS (SELECT FROM test.digest n WHERE n.d = $1 AND n.token = $3 AND n.kind = o.kind AND n.id = o.id)', 'gone_' || p_slot)
        USING d, v_base, v_token;
        GET DIAGNOSTICS v_n = ROW_COUNT;
    END IF;
    PERFORM stage.close(p_run, p_epoch, p_sha256,
        (SELECT jsonb_object_agg(f, jsonb_build_object('present', f <> ALL (v_absent) AND (f <> 'roles.csv' OR v_roles),
                                                       'mode', CASE WHEN f = ANY (v_delta) THEN 'delta' ELSE 'bulk' END,
                                                       'shortened', v_base IS NOT NULL AND k IN ('class', 'person', 'enrollment'),
                                                       'rows', coalesce((v_rows ->> k)::bigint, 0) + (SELECT count(*) FROM test.unsent u WHERE u.kind = k) + (SELECT count(*) FROM test.sis_bad b WHERE b.d = stage.d AND b.kind = k),
                                                       'bad', (SELECT count(*) FROM test.sis_bad b WHERE b.d = stage.d AND b.kind = k)))
         FROM (VALUES ('org', 'orgs.csv'), ('session', 'academicSessions.csv'), ('course', 'courses.csv'), ('class', 'classes.csv'), ('person', 'users.csv'),
                      ('enrollment', 'enrollments.csv'), ('role', 'roles.csv')) AS t (k, f)),
        v_rows || jsonb_build_object('gone', v_n, 'course', 0, 'finding', 0), v_token);
    PERFORM set_config('session_authorization', v_me, true);
END $$;

CREATE FUNCTION test.as_user(p_user text, p_query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', p_user, true);
    EXECUTE p_query INTO v_answer;
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;
CREATE FUNCTION test.as_daemon(p_query text) RETURNS text LANGUAGE sql AS $$ SELECT test.as_user('rosterd_daemon', p_query) $$;

-- Every row of the district with where it stands, so that one that is written anew is another one.
CREATE FUNCTION test.rows_of(d bigint) RETURNS TABLE (relation text, line jsonb, place tid) LANGUAGE plpgsql AS $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'district_id'
                   WHERE c.relkind = 'r' AND (c.relnamespace IN ('directory'::regnamespace, 'sis'::regnamespace, 'audit'::regnamespace, 'sync'::regnamespace)
                                              AND c.oid <> 'sync.scope'::regclass OR c.oid IN ('rosterd.finding'::regclass, 'rosterd.disposal'::regclass)) LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(x), x.ctid FROM %s x WHERE x.district_id = $1', v_table, v_table) USING d;
    END LOOP;
END $$;

-- For plans made by hand: what a run over a part of each of two districts is about, in slots 0 and 1.
CREATE FUNCTION test.two_scopes(p_one bigint, p_other bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sync.scope (slot, run_id, district_id, today, staged, marks, whole, people, judged, accounts, judged_accounts, classes, classrooms, contested, settings_version,
                            relatives_are_guardians, phone_is_credential, abandonment, abandoned_classrooms, unarchive_reappearing, update_active_users, merge_duplicate_guardians)
    SELECT s.slot, s.slot + 1, CASE s.slot WHEN 0 THEN p_one ELSE p_other END, '2026-10-01', true, '{}', false, '{}', '{}', n.all_of, n.all_of, '{}', n.all_of, '{}', 1,
           true, true, 'soft', 'archive', true, false, false
    FROM generate_series(0, 1) s (slot) CROSS JOIN (SELECT ARRAY(SELECT generate_series(1, 999))) n (all_of) $$;

-- The daemon's part up to the plan: a run with its file staged (p_file) or for the rules only.
-- p_approval: of the file of this held run.
CREATE FUNCTION test.begin_run(p_file boolean DEFAULT true, d bigint DEFAULT test.d(), p_approval bigint DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_daemon bigint;
    v_epoch bigint;
    v_run bigint;
    v_slot smallint;
    v_sha256 text;
BEGIN
    SELECT daemon_id INTO v_daemon FROM test.now_at;
    IF v_daemon IS NULL THEN
        v_daemon := test.as_daemon($q$ SELECT sync.daemon_start('test', '1') $q$);
        UPDATE test.now_at SET daemon_id = v_daemon;
    END IF;
    PERFORM test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 600)', v_daemon));
    SELECT l.epoch INTO STRICT v_epoch FROM rosterd.lease l WHERE l.district_id = d AND l.daemon_id = v_daemon;
    v_run := test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, %L, %L)', v_daemon, d, v_epoch, CASE WHEN p_approval IS NULL THEN 'schedule' ELSE 'approval' END, NULL));
    IF p_file THEN
        v_sha256 := coalesce((SELECT r.file_sha256 FROM rosterd.run r WHERE r.run_id = p_approval), encode(sha256(v_run::text::bytea), 'hex'));
        PERFORM test.as_daemon(format('SELECT sync.run_file(%s, %L, 1, 1, %L)', v_run, 'roster.zip', v_sha256));
        v_slot := test.as_daemon(format('SELECT sync.slot_take(%s)', v_run));
        PERFORM test.stage(v_run, v_epoch, v_slot, v_sha256, d);
    END IF;
    PERFORM test.as_daemon(format('SELECT sync.run_state(%s, %L)', v_run, 'planning'));
    RETURN v_run;
END $$;

CREATE FUNCTION test.plan(p_run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT test.as_daemon(format('SELECT sync.plan(%s)', p_run))::jsonb $$;
CREATE FUNCTION test.apply(p_run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb;
BEGIN
    PERFORM test.as_daemon(format('SELECT sync.run_state(%s, %L)', p_run, 'applying'));
    v_answer := test.as_daemon(format('SELECT sync.apply(%s)', p_run));
    PERFORM test.as_daemon(format('SELECT sync.check(%s)', p_run));
    PERFORM test.as_daemon(format('SELECT sync.run_end(%s, %L, NULL, NULL, NULL)', p_run,
                                  (SELECT state FROM rosterd.run WHERE run_id = p_run)));
    RETURN v_answer -> 'counts';
END $$;

-- The same file again, whole, as the plan has asked.
CREATE FUNCTION test.plan_whole(p_run bigint, p_plan jsonb, d bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run rosterd.run;
BEGIN
    IF p_plan ->> 'verdict' <> 'whole' THEN
        RETURN p_plan;
    END IF;
    INSERT INTO test.asked VALUES (p_run, p_plan ->> 'reason');
    SELECT * INTO v_run FROM rosterd.run r WHERE r.run_id = p_run;
    PERFORM test.stage(p_run, v_run.epoch, test.as_daemon(format('SELECT sync.slot_take(%s)', p_run))::smallint, v_run.file_sha256, d, true);
    PERFORM test.as_daemon(format('SELECT sync.run_state(%s, %L)', p_run, 'planning'));
    RETURN test.plan(p_run);
END $$;

-- A whole run; p_file false: the rules only, on the mirror.
CREATE FUNCTION test.night(d bigint DEFAULT test.d(), p_file boolean DEFAULT true, p_approval bigint DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint := test.begin_run(p_file, d, p_approval);
    v_plan jsonb := test.plan_whole(v_run, test.plan(v_run), d);
BEGIN
    IF v_plan ->> 'verdict' = 'apply' THEN
        PERFORM test.apply(v_run);
    END IF;
    RETURN v_run;
END $$;

-- What the daemon does about an approved run.
CREATE FUNCTION test.carry_out(d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_row record;
BEGIN
    SELECT r.approved_run, r.approved_sha256 INTO STRICT v_row
    FROM test.now_at n CROSS JOIN LATERAL sync.read_districts(n.daemon_id) r WHERE r.district_id = d AND r.approved_run IS NOT NULL;
    RETURN test.night(d, v_row.approved_sha256 IS NOT NULL, v_row.approved_run);
END $$;

-- For tests of other rules than the guard's: their districts are so small that everything is over a
-- limit (test.district sets hold-all), and somebody approves whatever is held.
CREATE FUNCTION test.sync(d bigint DEFAULT test.d(), p_file boolean DEFAULT true) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint := test.night(d, p_file);
BEGIN
    IF (SELECT r.state FROM rosterd.run r WHERE r.run_id = v_run) = 'held' THEN
        PERFORM rosterd.approve(v_run, 'tested');
        v_run := test.carry_out(d);
    END IF;
    RETURN v_run;
END $$;

CREATE FUNCTION test.person(p_sourced_id text, d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT s.person_id FROM sis.person s JOIN directory.person p ON p.district_id = s.district_id AND p.person_id = s.person_id
    WHERE s.district_id = d AND s.sourced_id = p_sourced_id $$;
CREATE FUNCTION test.classroom(p_sourced_id text, d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT classroom_id FROM directory.classroom c WHERE c.district_id = d AND c.sourced_id = p_sourced_id $$;
CREATE FUNCTION test.school(p_sourced_id text, d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT school_id FROM directory.school s WHERE s.district_id = d AND s.sourced_id = p_sourced_id $$;

-- What the directory says, as sorted words, for one comparison a test.
CREATE FUNCTION test.name_of(p_person bigint, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(s.sourced_id), '#' || p_person) FROM sis.person s WHERE s.district_id = d AND s.person_id = p_person $$;
CREATE FUNCTION test.members(p_class text, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(x.who, ' ' ORDER BY x.who), '') FROM (
        SELECT test.name_of(m.person_id, d) || CASE m.role WHEN 'teacher' THEN '*' ELSE '' END AS who
        FROM directory.member m WHERE m.district_id = d AND m.classroom_id = test.classroom(p_class, d)) x $$;
CREATE FUNCTION test.guardians(p_student text, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(x.who, ' ' ORDER BY x.who), '') FROM (
        SELECT test.name_of(g.guardian_id, d) AS who FROM directory.guardianship g
        WHERE g.district_id = d AND g.student_id = test.person(p_student, d)) x $$;
CREATE FUNCTION test.credentials(p_person text, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(c.value, ' ' ORDER BY c.value), '') FROM directory.credential c
    WHERE c.district_id = d AND c.person_id = test.person(p_person, d) $$;
CREATE FUNCTION test.invitations(p_person text, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(i.value, ' ' ORDER BY i.value), '') FROM directory.invitation i
    WHERE i.district_id = d AND i.person_id = test.person(p_person, d) AND i.state = 'open' $$;
-- 's1' active student or teacher there, '(s1)' archived, '[s1]' detached
CREATE FUNCTION test.schools(p_person text, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(x.what, ' ' ORDER BY x.what), '') FROM (
        SELECT CASE r.state WHEN 'active' THEN s.sourced_id WHEN 'archived' THEN '(' || s.sourced_id || ')' ELSE '[' || s.sourced_id || ']' END AS what
        FROM directory.role r JOIN directory.school s ON s.district_id = r.district_id AND s.school_id = r.school_id
        WHERE r.district_id = d AND r.person_id = test.person(p_person, d)) x $$;
CREATE FUNCTION test.findings(p_code text DEFAULT NULL, d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(x.what, ' ' ORDER BY x.what COLLATE "C"), '') FROM (
        SELECT coalesce(f.sourced_id, '-') || CASE WHEN p_code IS NULL THEN ':' || f.code ELSE '' END AS what
        FROM rosterd.finding f WHERE f.district_id = d AND f.closed_by_run IS NULL AND (p_code IS NULL OR f.code = p_code)) x $$;
-- The person accepts one of their open invitations.
CREATE FUNCTION test.accept(p_person text, d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE sql AS $$
    SELECT api.accept_invitation(d, (SELECT i.secret FROM directory.invitation i
        WHERE i.district_id = d AND i.person_id = test.person(p_person, d) AND i.state = 'open' ORDER BY i.value LIMIT 1)) $$;

-- Everything a run may change, with the rows' own versions (xmin): equal before and after means
-- that nothing was written.
CREATE FUNCTION test.versions(d bigint DEFAULT test.d()) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table regclass;
    v_one text;
    v_all text := '';
BEGIN
    FOR v_table IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind = 'r' AND (n.nspname IN ('directory', 'audit') OR n.nspname = 'sis' AND c.relname <> 'judged')
                   ORDER BY 1::text LOOP
        EXECUTE format('SELECT md5(coalesce(string_agg(x.ctid::text || x.xmin::text || x.cmin::text, '' '' ORDER BY x.ctid), '''')) FROM %s x WHERE x.district_id = $1', v_table)
        INTO v_one USING d;
        v_all := v_all || v_table || '=' || v_one || ' ';
    END LOOP;
    RETURN v_all;
END $$;
-- The tables that a picture is of, and which of their columns are not part of it.
CREATE FUNCTION test.pictured() RETURNS SETOF regclass LANGUAGE sql STABLE AS $$
    SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND (n.nspname IN ('sis', 'directory') OR c.oid IN ('rosterd.finding'::regclass, 'rosterd.hold'::regclass)) ORDER BY c.oid::regclass::text $$;
CREATE FUNCTION test.not_pictured() RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT '(_at|_run|^since|^marks|run_id|^secret|^token|^digest|sha256|^deltas|^complete|^invitation_id|^notice_id|^finding_id)$' $$;
CREATE FUNCTION test.picture_of_tables(p_district bigint, p_names jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table regclass;
    v_one text;
    v_all text := '';
BEGIN
    FOR v_table IN SELECT * FROM test.pictured() LOOP
        EXECUTE format($query$
            SELECT string_agg(r.line, E'\n' ORDER BY r.line COLLATE "C") FROM (
                SELECT (SELECT string_agg(f.key || '=' || coalesce($2 ->> (CASE WHEN f.key IN ('person_id', 'student_id', 'guardian_id', 'left_account') THEN 'person '
                                                                               WHEN f.key = 'school_id' THEN 'school ' WHEN f.key = 'classroom_id' THEN 'classroom ' END || f.value), f.value),
                                          ' ' ORDER BY f.key)
                        FROM jsonb_each_text(CASE WHEN to_jsonb(x) ->> 'digest' IS NULL THEN to_jsonb(x) ELSE to_jsonb(x) || '{"has_digest": true}' END) f
                        WHERE f.key !~ test.not_pictured()) AS line
                FROM %s x WHERE x.district_id = $1 %s) r
            $query$, v_table, CASE WHEN v_table::text LIKE 'rosterd.%' THEN 'AND x.closed_at IS NULL' ELSE '' END)
        INTO v_one USING p_district, p_names;
        v_all := v_all || v_table || E':\n' || coalesce(v_one, '') || E'\n';
    END LOOP;
    RETURN v_all;
END $$;
-- How many rows of mirror and directory a query looks at: a cost that no clock decides.
CREATE FUNCTION test.cost(p_query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_looked_at CONSTANT text := $look$ SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
                                        FROM pg_stat_xact_user_tables WHERE schemaname IN ('sis', 'directory') $look$;
    v_before bigint;
    v_after bigint;
BEGIN
    EXECUTE v_looked_at INTO v_before;
    EXECUTE p_query;
    EXECUTE v_looked_at INTO v_after;
    RETURN v_after - v_before;
END $$;
-- All that a run leaves behind, in words that do not depend on numbers: mirror, directory, what stands open,
-- and how much the audit has of each kind.
CREATE FUNCTION test.picture(d bigint DEFAULT test.d()) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_names jsonb;
    v_all text;
BEGIN
    SELECT coalesce(jsonb_object_agg(x.number, x.name), '{}') INTO v_names FROM (
        SELECT 'person ' || p.person_id AS number, concat_ws(' ', p.sourced_id, p.given_name, p.family_name) AS name FROM directory.person p WHERE p.district_id = d
        UNION ALL SELECT 'school ' || s.school_id, s.sourced_id FROM directory.school s WHERE s.district_id = d
        UNION ALL SELECT 'classroom ' || c.classroom_id, coalesce(c.sourced_id, c.edited_name) FROM directory.classroom c WHERE c.district_id = d) x;
    v_all := test.picture_of_tables(d, v_names);
    SELECT v_all || coalesce(string_agg(concat_ws(' ', x.rule, x.relation, x.n), E'\n' ORDER BY x.rule, x.relation), '') INTO v_all
    FROM (SELECT c.rule, c.relation, count(*) AS n FROM audit.change c WHERE c.district_id = d GROUP BY 1, 2) x;
    SELECT v_all || E'\n' || concat_ws(' ', r.state, r.reason, r.detail, r.counts) INTO v_all
    FROM rosterd.run r WHERE r.district_id = d ORDER BY r.run_id DESC LIMIT 1;
    RETURN regexp_replace(v_all, '(account |"school_id": )\d+', '\1#', 'g');
END $$;

-- A night by way of the digest. NULL if it ends as the same night without one does; else both ends.
CREATE FUNCTION test.shortened(INOUT p_run bigint DEFAULT NULL, OUT p_wrong text) LANGUAGE plpgsql AS $$
DECLARE
    v_whole text;
BEGIN
    BEGIN
        UPDATE test.sis_digest SET use = false WHERE d = test.d();
        PERFORM test.night();
        v_whole := test.picture();
        RAISE EXCEPTION 'and back';
    EXCEPTION WHEN raise_exception THEN
        IF v_whole IS NULL THEN
            RAISE;
        END IF;
    END;
    UPDATE test.sis_digest SET use = true WHERE d = test.d();
    p_run := test.night();
    p_wrong := nullif(test.picture(), v_whole);
    IF p_wrong IS NOT NULL THEN
        p_wrong := (SELECT string_agg(x.line, E'\n') FROM (
            (SELECT 'whole:     ' || l AS line FROM regexp_split_to_table(v_whole, E'\n') l EXCEPT ALL SELECT 'whole:     ' || l FROM regexp_split_to_table(p_wrong, E'\n') l)
            UNION ALL
            (SELECT 'shortened: ' || l FROM regexp_split_to_table(p_wrong, E'\n') l EXCEPT ALL SELECT 'shortened: ' || l FROM regexp_split_to_table(v_whole, E'\n') l)) x);
    END IF;
END $$;

-- Whether the same data again, and then the whole district judged again, write nothing.
CREATE FUNCTION test.settled(d bigint DEFAULT test.d()) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_before text := test.versions(d);
BEGIN
    PERFORM test.sync(d);
    UPDATE sis.judged j SET rules_version = 0 WHERE j.district_id = d;
    PERFORM test.sync(d, p_file => false);
    RETURN test.versions(d) = v_before;
END $$;
