-- What each act leaves behind: it entered the gate, what the next run is told to look at, and what
-- the audit says (act, rule, relation, by whom).
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
SELECT t.person('guest', 'invitee'), t.guardian('guest', 'pupil');
UPDATE directory.school SET sis_rostering = true WHERE district_id = t.d();
INSERT INTO directory.join_code (district_id, classroom_id, code, created_by) VALUES (t.d(), t.who('class.synced'), '0123456789AB', t.who('teacher'));
UPDATE directory.invitation SET secret = 'the-secret' WHERE district_id = t.d() AND person_id = t.who('guest');
UPDATE directory.membership SET claim_manual = true WHERE district_id = t.d() AND classroom_id = t.who('class.synced') AND person_id = t.who('sibling');
CREATE TABLE t.act (at serial, setting text, call text, marks text, audit text);
INSERT INTO t.act (setting, call, marks, audit) VALUES
('', 'api.accept_invitation(D, ''the-secret'')', 'credential guest@example.org, person guest',
     'accept_invitation ACC-2 invitation guest, accept_invitation ACC-2 person guest'),
('', 'api.create_classroom(D, teacher, school.a, ''New'')', '', 'create_classroom CLS-1 classroom teacher'),
('', 'api.rename_classroom(D, teacher, class.synced, ''New'')', '', 'rename_classroom CLS-3 classroom teacher'),
('', 'api.rename_classroom(D, teacher, class.synced, NULL)', '', ''),
('', 'api.archive_classroom(D, leader, class.synced)', 'classroom class.synced', 'archive_classroom CLS-1 classroom leader'),
('', 'api.unarchive_classroom(D, leader, class.archived)', 'classroom class.archived',
     'unarchive_classroom CLS-1 classroom leader, unarchive_classroom CLS-7 membership leader'),
('', 'api.unarchive_classroom(D, leader, class.synced)', '', ''),
('', 'api.add_student(D, teacher, class.synced, other)', 'classroom class.synced, credential other@example.org, person other', 'add_student CLS-4 membership teacher'),
('', 'api.add_student(D, teacher, class.manual, other)', 'classroom class.manual, credential other@example.org, person other', 'add_student CLS-8 membership teacher'),
('', 'api.add_student(D, teacher, class.manual, pupil)', 'classroom class.manual, credential pupil@example.org, person pupil', ''),
('', 'api.add_student_by_name(D, leader, class.synced, ''Other'', ''Oakley'')', 'classroom class.synced, credential other@example.org, person other',
     'add_student_by_name CLS-4 membership leader'),
('', 'api.add_co_teacher(D, leader, class.synced, colleague)', 'classroom class.synced, credential colleague@example.org, person colleague',
     'add_co_teacher CLS-5 membership leader'),
('', 'api.remove_member(D, leader, class.manual, pupil)', 'classroom class.manual, credential pupil@example.org, person pupil', 'remove_member CLS-8 membership leader'),
('', 'api.remove_member(D, leader, class.synced, sibling)', 'classroom class.synced, credential sibling@example.org, person sibling', 'remove_member CLS-8 membership leader'),
('', 'api.set_sis_rostering(D, leader, school.a, false)', '', 'set_sis_rostering CLS-1 school leader'),
('', 'api.add_backpack_item(D, teacher, class.synced, pupil, ''Poem'')', '', 'add_backpack_item CLS-8 backpack_item teacher'),
('', 'api.create_join_code(D, teacher, class.synced)', '', 'create_join_code GRD-2 join_code teacher'),
('', 'api.enable_student_account(D, leader, pupil)', 'credential pupil@example.org, person pupil', 'enable_student_account STU-3 person leader'),
('off', 'api.create_student(D, leader, school.a, ''N'', ''N'')', 'person new', 'create_student OFF-2 person leader, create_student OFF-2 role leader'),
('off', 'api.archive_student(D, leader, pupil)', 'credential pupil@example.org, person pupil',
     'archive_student IN-6 invitation leader, archive_student IN-6 invitation leader, archive_student OFF-2 membership leader, archive_student OFF-2 membership leader, archive_student OFF-2 role leader'),
('off', 'api.restore_student(D, leader, former)', 'credential former@example.org, person former', 'restore_student OFF-2 role leader'),
('', 'api.add_teacher(D, leader, school.a, ''N'', ''N'', ''n@example.org'')', 'credential n@example.org, person new',
     'add_teacher OFF-2 credential leader, add_teacher OFF-2 person leader, add_teacher OFF-2 role leader'),
('', 'api.add_guardian(D, leader, pupil, ''N'', ''N'', ''n@example.org'', NULL, NULL)', 'credential n@example.org, credential pupil@example.org, person new, person pupil',
     'add_guardian GRD-1 credential leader, add_guardian GRD-1 person leader, add_guardian GRD-1 relationship leader'),
('', 'api.add_guardian(D, leader, sibling, ''N'', ''N'', ''sibling@example.org'', NULL, NULL)', 'credential sibling@example.org, person new, person sibling',
     'add_guardian CRED-4 credential leader, add_guardian GRD-1 credential leader, add_guardian GRD-1 person leader, add_guardian GRD-1 relationship leader'),
('', 'api.add_guardian(D, leader, pupil, ''Parent'', ''Oakley'', ''parent@example.org'', NULL, NULL)', 'credential parent@example.org, credential pupil@example.org, person parent, person pupil',
     'add_guardian GRD-1 relationship leader'),
('', 'api.add_teacher(D, leader, school.a, ''Teacher'', ''Oakley'', ''teacher@example.org'')', 'credential teacher@example.org, person teacher', 'add_teacher OFF-2 role leader'),
('', 'api.remove_guardian(D, leader, pupil, guest)', 'credential guest@example.org, credential pupil@example.org, person guest, person pupil',
     'remove_guardian GRD-1 relationship leader, remove_guardian IN-6 invitation leader'),
('', 'api.join_with_code(D, ''0123456789AB'', ''Pupil'', ''Oakley'', ''N'', ''N'', ''n@example.org'', NULL)', 'credential n@example.org, credential pupil@example.org, person new, person pupil',
     'join_with_code GRD-2 credential new, join_with_code GRD-2 person -, join_with_code GRD-2 relationship new'),
('', 'api.update_account(D, parent, ''P'', NULL, ''p@example.org'', NULL, NULL)', 'credential p@example.org, credential parent@example.org, person parent',
     'update_account ACC-1 credential parent, update_account ACC-1 credential parent, update_account ACC-1 person parent'),
('', 'api.update_account(D, parent, ''Parent'', NULL, ''parent@example.org'', NULL, NULL)', 'credential parent@example.org, person parent', ''),
('', 'api.edit_person(D, manager, guest, ''G'', NULL, ''g@example.org'', NULL, NULL)', 'credential g@example.org, credential guest@example.org, person guest',
     'edit_person GRD-4 credential manager, edit_person GRD-4 credential manager, edit_person GRD-4 person manager, edit_person IN-6 invitation manager'),
('', 'api.edit_person(D, manager, pupil, ''P'', NULL, NULL, NULL, NULL)', 'credential pupil@example.org, person pupil', 'edit_person STU-4 person manager'),
('', 'api.take_outbox(D, 5)', '', ''),
('', 'api.outbox_sent(D, ''{1}'')', '', ''),
('', 'rosterd.appoint_leader(D, school.a, ''N'', ''N'', ''n@example.org'')', 'credential n@example.org, person new',
     'appoint_leader GRD-5 credential -, appoint_leader GRD-5 person -, appoint_leader GRD-5 role -'),
('', 'rosterd.appoint_leader(D, school.a, ''Teacher'', ''Oakley'', ''teacher@example.org'')', 'credential teacher@example.org, person teacher', 'appoint_leader GRD-5 role -'),
('', 'rosterd.dismiss_leader(D, manager)', 'credential manager@example.org, person manager', 'dismiss_leader GRD-5 role -, dismiss_leader GRD-5 users_manager -'),
('', 'rosterd.grant_users_manager(D, leader)', '', 'grant_users_manager GRD-5 users_manager -'),
('', 'rosterd.revoke_users_manager(D, manager)', '', 'revoke_users_manager GRD-5 users_manager -');

CREATE FUNCTION t.name(p_kind text, p_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN p_id IS NULL THEN '-' ELSE coalesce((SELECT name FROM t.who WHERE kind = p_kind AND id = p_id), 'new') END $$;
CREATE TABLE t.was (relation text, line jsonb);
CREATE FUNCTION t.note() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace = 'directory'::regnamespace LOOP
        EXECUTE format('INSERT INTO t.was SELECT %L, to_jsonb(x) FROM %s AS x WHERE x.district_id = $1', v_table, v_table) USING t.d();
    END LOOP;
END $$;
CREATE FUNCTION t.leaves(p_act t.act) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_call text;
    v_marks text;
    v_audit text;
    v_gate boolean;
    v_line audit.change;
    v_row jsonb;
BEGIN
    SELECT string_agg(CASE WHEN w.name IS NOT NULL THEN w.id::text WHEN x.word = 'D' THEN t.d()::text ELSE x.word END, '' ORDER BY x.at) INTO v_call
      FROM regexp_split_to_table(regexp_replace(p_act.call, '([(), ])', E'\x01\\1\x01', 'g'), E'\x01') WITH ORDINALITY AS x (word, at)
      LEFT JOIN t.who AS w ON w.name = x.word;
    IF p_act.setting = 'off' THEN
        PERFORM api.enable_student_account(t.d(), t.who('leader'), t.who('pupil')), t.setting('sync_enabled = false');
        DELETE FROM sync.mark WHERE district_id = t.d();
        DELETE FROM audit.change WHERE district_id = t.d();
    END IF;
    PERFORM t.note();
    EXECUTE 'SELECT ' || v_call;
    v_gate := EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' AND mode = 'ShareLock' AND objsubid = 1
                         AND (classid::bigint << 32 | objid::bigint) = sync.gate_key(t.d()));
    SELECT coalesce(string_agg(DISTINCT m.kind || ' ' || coalesce(m.value, t.name(m.kind, m.id)), ', '), '') INTO v_marks
      FROM sync.mark AS m WHERE m.district_id = t.d();
    SELECT coalesce(string_agg(a.what, ', ' ORDER BY a.what), '') INTO v_audit
      FROM (SELECT concat_ws(' ', regexp_replace(c.act, ' .*', ''), c.rule, regexp_replace(c.relation, '.*\.', ''), t.name('person', c.actor_id)) COLLATE "C" AS what
              FROM audit.change AS c WHERE c.district_id = t.d()) AS a;
    -- and what it says to be so is so, and was so
    FOR v_line IN SELECT * FROM audit.change AS c WHERE c.district_id = t.d() LOOP
        v_row := NULL;
        EXECUTE format('SELECT to_jsonb(x) FROM %s AS x WHERE x.district_id = $1 AND to_jsonb(x) @> $2', v_line.relation)
           INTO v_row USING t.d(), v_line.key;
        IF coalesce(v_line.after, 'null') <> 'null' AND coalesce(v_row, '{"no": "row"}') @> v_line.after IS NOT TRUE
           OR v_line.after IS NULL AND v_row ->> 'person_id' = v_line.before ->> 'person_id' THEN
            v_audit := v_audit || format(' (not so: %s is %s)', v_line, v_row);
        END IF;
        v_row := (SELECT w.line FROM t.was AS w WHERE w.relation = v_line.relation AND w.line @> v_line.key);
        IF v_line.before IS NULL AND v_row IS NOT NULL AND v_line.after <> '{}' AND v_line.relation <> 'directory.credential' OR NOT coalesce(v_row, '{}') @> v_line.before THEN
            v_audit := v_audit || format(' (was not so: %s was %s)', v_line, v_row);
        END IF;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'TTTTT', MESSAGE = format('gate %s; %s; %s', v_gate, v_marks, v_audit);
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN SQLERRM;
          WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
\o
SELECT plan(count(*)::integer + 6) FROM t.act;
-- rule: SAFE-8
SELECT is(t.leaves(a), format('gate t; %s; %s', a.marks, a.audit), a.call) FROM t.act AS a ORDER BY a.at;

-- what the lines of the audit hold
SELECT api.add_student(t.d(), t.who('leader'), t.who('class.synced'), t.who('pupil')) \g /dev/null
SELECT is((SELECT before::text || after::text FROM audit.change WHERE district_id = t.d()),
          '{"detached": false, "claim_sis": true, "suspended": false, "claim_manual": false}{"detached": false, "claim_sis": true, "suspended": false, "claim_manual": true}',
          'a claim added to another one');
-- rule: OFF-2
DELETE FROM audit.change WHERE district_id = t.d();
SELECT api.add_teacher(t.d(), t.who('leader'), t.who('school.a'), 'Teacher', 'Oakley', 'teacher@example.org') \g /dev/null
SELECT is((SELECT claim_sis::text || claim_manual || state FROM directory.role WHERE person_id = t.who('teacher') AND school_id = t.who('school.a')), 'truetrueactive',
          'a teacher by the SIS whom a leader adds carries both claims');
SELECT is((SELECT string_agg(before::text || after::text, '') FROM audit.change WHERE district_id = t.d()),
          '{"state": "active", "claim_sis": true, "claim_manual": false}{"state": "active", "claim_sis": true, "claim_manual": true}', 'and the audit says so');
-- rule: GRD-5
SELECT rosterd.appoint_leader(t.d(), t.who('school.a'), 'Teacher', 'Oakley', 'teacher@example.org'), rosterd.dismiss_leader(t.d(), t.who('teacher')) \g /dev/null
SELECT is((SELECT string_agg(role, ',') FROM directory.role WHERE person_id = t.who('teacher')), 'teacher', 'who is dismissed keeps their other roles');
SELECT is((SELECT count(*) FROM directory.role WHERE district_id = t.d() AND role IN ('school_leader', 'district_leader')), 5::bigint, 'and other leaders theirs');
-- rule: ACC-2
UPDATE directory.person SET active_since = '2020-01-01' WHERE person_id = t.who('parent');
SELECT api.join_with_code(t.d(), '0123456789AB', 'Sibling', 'Oakley', 'Parent', 'Oakley', 'parent@example.org', NULL) \g /dev/null
SELECT is((SELECT active_since FROM directory.person WHERE person_id = t.who('parent')), '2020-01-01'::timestamptz, 'who is active stays active since then');
SELECT * FROM finish();
ROLLBACK;
