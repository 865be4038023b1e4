-- Who may do what: each act tried by each kind of person, under each setting that matters.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
CREATE TABLE t.actor (at serial, name text);
INSERT INTO t.actor (name) VALUES ('pupil'), ('parent'), ('teacher'), ('colleague'), ('leader'), ('leader.b'), ('chief'), ('manager'), ('stranger'), ('far.leader');
-- The expected answers in the order of the actors; - is RS001, the others are SQLSTATEs without the RS.
CREATE TABLE t.act (at serial, title text, setting text, call text, expected text);
INSERT INTO t.act (title, setting, call, expected) VALUES
--                                                                                                 pu  pa  te  co  le  lb  ch  ma  st  far
-- rule: CLS-1
('create_classroom',                '',          'create_classroom(D, @, school.a, ''New'')',     '-   -   -   -   ok  -   ok  ok  -   008'),
('create_classroom',                'rostering', 'create_classroom(D, @, school.a, ''New'')',     '-   -   ok  ok  ok  -   ok  ok  -   008'),
('create_classroom',                'off',       'create_classroom(D, @, school.a, ''New'')',     '-   -   -   -   ok  -   ok  ok  -   008'),
('set_sis_rostering',               '',          'set_sis_rostering(D, @, school.a, true)',       '-   -   -   -   ok  -   ok  ok  -   008'),
('archive_classroom',               '',          'archive_classroom(D, @, class.synced)',         '-   -   -   -   ok  -   ok  ok  -   008'),
('archive_classroom',               'rostering', 'archive_classroom(D, @, class.synced)',         '-   -   ok  -   ok  -   ok  ok  -   008'),
('unarchive_classroom',             '',          'unarchive_classroom(D, @, class.archived)',     '-   -   -   -   ok  -   ok  ok  -   008'),
('unarchive_classroom',             'rostering', 'unarchive_classroom(D, @, class.archived)',     '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: CLS-3
('rename_classroom, synced',        '',          'rename_classroom(D, @, class.synced, ''New'')', '-   -   ok  -   ok  -   ok  ok  -   008'),
('rename_classroom, by hand',       '',          'rename_classroom(D, @, class.manual, ''New'')', '-   -   -   -   ok  -   ok  ok  -   008'),
('rename_classroom, by hand',       'rostering', 'rename_classroom(D, @, class.manual, ''New'')', '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: CLS-4
('add_student, synced',             '',          'add_student(D, @, class.synced, other)',        '-   -   -   -   -   -   -   -   -   008'),
('add_student, synced',             'rostering', 'add_student(D, @, class.synced, other)',        '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: OFF-2
('add_student, synced',             'off',       'add_student(D, @, class.synced, other)',        '-   -   ok  -   ok  -   ok  ok  -   008'),
('add_co_teacher, synced',          'off',       'add_co_teacher(D, @, class.synced, colleague)', '-   -   ok  -   ok  -   ok  ok  -   008'),
('create_student',                  'off',       'create_student(D, @, school.a, ''N'', ''N'')',  '-   -   -   -   ok  -   ok  ok  -   008'),
('archive_student',                 'off',       'archive_student(D, @, pupil)',                  '-   -   -   -   ok  -   ok  ok  -   008'),
('restore_student',                 'off',       'restore_student(D, @, former)',                 '-   -   -   -   ok  -   ok  ok  -   008'),
('add_teacher',                     'off',       'add_teacher(D, @, school.a, ''N'', ''N'', ''n@example.org'')', '-   -   -   -   ok  -   ok  ok  -   008'),
('add_teacher',                     '',          'add_teacher(D, @, school.a, ''N'', ''N'', ''n@example.org'')', '-   -   -   -   ok  -   ok  ok  -   008'),
('edit_person, a student',          'off',       'edit_person(D, @, pupil, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   ok  -   ok  ok  -   008'),
('edit_person, a guardian',         'off',       'edit_person(D, @, parent, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   ok  -   008'),
('remove_member, synced',           'off',       'remove_member(D, @, class.synced, pupil)',      '-   -   -   -   ok  -   ok  ok  -   008'),
-- rule: CLS-5
('add_co_teacher, synced',          '',          'add_co_teacher(D, @, class.synced, colleague)', '-   -   -   -   -   -   -   -   -   008'),
('add_co_teacher, synced',          'rostering', 'add_co_teacher(D, @, class.synced, colleague)', '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: CLS-8
('add_student, by hand',            '',          'add_student(D, @, class.manual, other)',        '-   -   -   -   ok  -   ok  ok  -   008'),
('add_student, by hand',            'rostering', 'add_student(D, @, class.manual, other)',        '-   -   ok  -   ok  -   ok  ok  -   008'),
('add_student_by_name, by hand',    '',          'add_student_by_name(D, @, class.manual, ''Other'', ''Oakley'')', '-   -   -   -   ok  -   ok  ok  -   008'),
('add_student_by_name, by hand',    'rostering', 'add_student_by_name(D, @, class.manual, ''Other'', ''Oakley'')', '-   -   ok  -   ok  -   ok  ok  -   008'),
('add_co_teacher, by hand',         '',          'add_co_teacher(D, @, class.manual, colleague)', '-   -   -   -   ok  -   ok  ok  -   008'),
('add_co_teacher, by hand',         'rostering', 'add_co_teacher(D, @, class.manual, colleague)', '-   -   ok  -   ok  -   ok  ok  -   008'),
('remove_member, by hand',          '',          'remove_member(D, @, class.manual, pupil)',      '-   -   -   -   ok  -   ok  ok  -   008'),
('remove_member, by hand',          'rostering', 'remove_member(D, @, class.manual, pupil)',      '-   -   ok  -   ok  -   ok  ok  -   008'),
('remove_member, by the SIS',       'rostering', 'remove_member(D, @, class.synced, pupil)',      '-   -   007 -   007 -   007 007 -   008'),
('create_join_code',                '',          'create_join_code(D, @, class.synced)',          '-   -   ok  -   ok  -   ok  ok  -   008'),
('add_backpack_item',               '',          'add_backpack_item(D, @, class.synced, pupil, ''Drawing'')', '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: STU-1
('create_student',                  '',          'create_student(D, @, school.a, ''N'', ''N'')',  '-   -   -   -   002 -   002 002 -   008'),
('create_student',                  'paused',    'create_student(D, @, school.a, ''N'', ''N'')',  '-   -   -   -   002 -   002 002 -   008'),
('create_student',                  'rostering', 'create_student(D, @, school.a, ''N'', ''N'')',  '-   -   -   -   002 -   002 002 -   008'),
('archive_student',                 '',          'archive_student(D, @, pupil)',                  '-   -   -   -   007 -   007 007 -   008'),
('restore_student',                 '',          'restore_student(D, @, former)',                 '-   -   -   -   007 -   007 007 -   008'),
-- rule: STU-2
('add_student_by_name, synced',     '',          'add_student_by_name(D, @, class.synced, ''Other'', ''Oakley'')', '-   -   -   -   -   -   -   -   -   008'),
('add_student_by_name, synced',     'rostering', 'add_student_by_name(D, @, class.synced, ''Other'', ''Oakley'')', '-   -   ok  -   ok  -   ok  ok  -   008'),
-- rule: STU-3
('enable_student_account',          '',          'enable_student_account(D, @, pupil)',           '-   -   -   -   ok  -   ok  ok  -   008'),
('enable_student_account',          'rostering', 'enable_student_account(D, @, pupil)',           '-   -   -   -   ok  -   ok  ok  -   008'),
-- rule: GRD-1
('add_guardian',                    '',          'add_guardian(D, @, pupil, ''N'', ''N'', ''n@example.org'', NULL, NULL)', '-   -   -   -   ok  -   ok  ok  -   008'),
('add_guardian, archived student',  '',          'add_guardian(D, @, former, ''N'', ''N'', ''n@example.org'', NULL, NULL)', '-   -   -   -   ok  -   ok  ok  -   008'),
('add_guardian, detached student',  '',          'add_guardian(D, @, detached, ''N'', ''N'', ''n@example.org'', NULL, NULL)', '-   -   -   -   003 003 003 003 -   008'),
('remove_guardian',                 '',          'remove_guardian(D, @, pupil, parent)',          '-   -   -   -   ok  -   ok  ok  -   008'),
-- whose child somebody is, is told to nobody who may not change it
('remove_guardian, of another child', '',        'remove_guardian(D, @, other, parent)',          '-   -   -   -   008 -   008 008 -   008'),
-- rule: GRD-4
('edit_person, a guardian',         '',          'edit_person(D, @, parent, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   ok  -   008'),
('edit_person, a teacher',          '',          'edit_person(D, @, teacher, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   ok  -   008'),
('update_account',                  '',          'update_account(D, @, ''N'', NULL, NULL, NULL, NULL)', '-   ok  ok  ok  ok  ok  ok  ok  ok  008'),
-- rule: GRD-5
('edit_person, of another school',  '',          'edit_person(D, @, parent.b, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   -   -   008'),
('edit_person, another leader',     '',          'edit_person(D, @, leader, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   -   -   008'),
-- rule: STU-4
('edit_person, a student',          '',          'edit_person(D, @, pupil, ''N'', NULL, NULL, NULL, NULL)', '-   -   -   -   -   -   -   ok  -   008'),
-- RS008 comes before RS001, but tells a stranger nothing
('archive_classroom, unknown',      '',          'archive_classroom(D, @, -1)',                   '008 008 008 008 008 008 008 008 008 008'),
('create_classroom, unknown school', '',         'create_classroom(D, @, -1, ''New'')',           '008 008 008 008 008 008 008 008 008 008'),
('edit_person, unknown',            '',          'edit_person(D, @, -1, ''N'', NULL, NULL, NULL, NULL)', '008 008 008 008 008 008 008 008 -   008'),
('add_guardian, unknown student',   '',          'add_guardian(D, @, -1, ''N'', ''N'', ''n@example.org'', NULL, NULL)', '008 008 008 008 008 008 008 008 -   008'),
('remove_guardian, unknown student', '',         'remove_guardian(D, @, -1, parent)',             '008 008 008 008 008 008 008 008 -   008'),
('remove_guardian, unknown guardian', '',        'remove_guardian(D, @, pupil, -1)',              '008 008 008 008 008 008 008 008 -   008'),
('add_student, unknown',            '',          'add_student(D, @, class.synced, -1)',           '008 008 008 008 008 008 008 008 -   008'),
('remove_member, unknown',          '',          'remove_member(D, @, class.synced, -1)',         '008 008 008 008 008 008 008 008 -   008'),
('enable_student_account, unknown', '',          'enable_student_account(D, @, -1)',              '008 008 008 008 008 008 008 008 -   008');

CREATE FUNCTION t.sql_of(p_call text, p_actor bigint) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT api.' || string_agg(CASE WHEN w.name IS NOT NULL THEN w.id::text WHEN x.word = 'D' THEN t.d()::text
                                            WHEN x.word = '@' THEN p_actor::text ELSE x.word END, '' ORDER BY x.at)
      FROM regexp_split_to_table(regexp_replace(p_call, '([(), ])', E'\x01\\1\x01', 'g'), E'\x01') WITH ORDINALITY AS x (word, at)
      LEFT JOIN t.who AS w ON w.name = x.word $$;
-- As t.state_of, of an act that has to be inside the district's gate.
CREATE FUNCTION t.state_inside(p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_inside boolean;
BEGIN
    EXECUTE p_sql;
    SELECT bool_or(l.mode = 'ShareLock') INTO v_inside FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid();
    RAISE EXCEPTION USING ERRCODE = 'TTTTT';
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN CASE WHEN v_inside THEN 'ok' ELSE 'outside' END;
          WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION t.answers(p_act t.act) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_answers text;
BEGIN
    IF p_act.setting = 'rostering' THEN UPDATE directory.school SET sis_rostering = true WHERE district_id = t.d(); END IF;
    IF p_act.setting = 'off' THEN PERFORM t.setting('sync_enabled = false'); END IF;
    IF p_act.setting = 'paused' THEN PERFORM t.setting('paused_until = now() + interval ''1 day'', pause_reason = ''test'''); END IF;
    SELECT string_agg(a.name || ' ' || t.state_inside(t.sql_of(p_act.call, t.who(a.name))), ', ' ORDER BY a.at) INTO v_answers FROM t.actor AS a;
    RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = v_answers;
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION t.expected(p_act t.act) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(a.name || ' ' || CASE e.word WHEN '-' THEN 'RS001' WHEN 'ok' THEN 'ok' ELSE 'RS' || e.word END, ', ' ORDER BY a.at)
      FROM regexp_split_to_table(p_act.expected, ' +') WITH ORDINALITY AS e (word, at) JOIN t.actor AS a ON a.at = e.at $$;
\o
SELECT plan(count(*)::integer + 20) FROM t.act;
-- rule: SAFE-8
SELECT is(t.answers(a), t.expected(a), a.title || CASE WHEN a.setting <> '' THEN ', ' || a.setting ELSE '' END) FROM t.act AS a ORDER BY a.at;

-- acts that are nobody's in particular
\o /dev/null
UPDATE directory.person SET status = 'invitee' WHERE person_id = t.who('parent');
INSERT INTO directory.invitation (district_id, person_id, kind, value) VALUES (t.d(), t.who('parent'), 'email', 'parent@example.org');
INSERT INTO directory.join_code (district_id, classroom_id, code, created_by) VALUES (t.d(), t.who('class.synced'), '0123456789AB', t.who('teacher'));
\o
SELECT is(t.state_inside('SELECT ' || replace(call, '%', t.d()::text)), 'ok', 'inside the gate: ' || regexp_replace(call, '\(.*', ''))
FROM unnest(ARRAY['api.accept_invitation(%, t.secret(''parent''))', 'api.join_with_code(%, ''0123-4567-89AB'', ''Pupil'', ''Oakley'', ''Jo'', ''Join'', ''jo@example.org'', NULL)',
    'count(*) FROM api.take_outbox(%, 3)', 'api.outbox_sent(%, ARRAY[1])', 'rosterd.appoint_leader(%, t.who(''school.b''), ''Tea'', ''Cher'', ''head@example.org'')',
    'rosterd.dismiss_leader(%, t.who(''leader.b''))', 'rosterd.grant_users_manager(%, t.who(''leader''))', 'rosterd.revoke_users_manager(%, t.who(''manager''))',
    'count(*) FROM rosterd.apply_extreme(%, true)', 'rosterd.link_person(%, t.who(''stranger''), ''parent.b'', ''asked'')', 'rosterd.pin(%, ''person'', t.who(''pupil''), ''asked'')',
    'rosterd.unpin(%, ''person'', t.who(''pupil''))']) AS call;
UPDATE directory.person SET status = 'active' WHERE person_id = t.who('parent');

-- whoever has a student, or a classroom left, is no stranger
\o /dev/null
UPDATE directory.role SET state = 'archived' WHERE person_id = t.who('colleague');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (t.d(), t.who('class.archived'), t.who('colleague'), 'teacher', true);
\o
SELECT is(t.state_of(t.sql_of('edit_person(D, @, -1, ''N'', NULL, NULL, NULL, NULL)', t.who('parent.former'))), 'RS008', 'a guardian of an archived student is told who is unknown');
SELECT is(t.state_of(t.sql_of('edit_person(D, @, -1, ''N'', NULL, NULL, NULL, NULL)', t.who('colleague'))), 'RS008', 'and a teacher who left');

-- A refusal names what is missing, and says the same of somebody who exists and of nobody.
CREATE FUNCTION t.words(p_call text, p_actor text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE t.sql_of(p_call, t.who(p_actor));
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT matches(t.words('add_student(D, @, class.synced, other)', 'leader'), 'RS001.*setting sis_rostering', 'the setting is named');
SELECT matches(t.words('add_student(D, @, class.synced, other)', 'colleague'), 'RS001.*leader of this school.*teacher of this classroom', 'the role is named');
SELECT matches(t.words('create_classroom(D, @, school.a, ''N'')', 'teacher'), 'RS001.*sis_rostering', 'a teacher learns of the setting');
SELECT matches(t.words('edit_person(D, @, parent, ''N'', NULL, NULL, NULL, NULL)', 'leader'), 'RS001.*USERS_MANAGER', 'the grant is named');
SELECT is(t.words('edit_person(D, @, parent, ''N'', NULL, NULL, NULL, NULL)', 'stranger'),
          t.words('edit_person(D, @, -1, ''N'', NULL, NULL, NULL, NULL)', 'stranger'), 'a stranger cannot tell a person from nobody');
SELECT is(t.words('edit_person(D, @, parent, ''N'', NULL, NULL, NULL, NULL)', 'far.leader'),
          t.words('edit_person(D, @, -1, ''N'', NULL, NULL, NULL, NULL)', 'far.leader'), 'nor can a leader of another district');
SELECT * FROM finish();
ROLLBACK;
