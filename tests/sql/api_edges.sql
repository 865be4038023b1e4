-- Acts by hand where one role, state, claim or value decides.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
\o
-- Asks a question as the answer would be after something else.
CREATE FUNCTION t.after(p_sql text, p_question text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_answer text;
BEGIN
    BEGIN
        EXECUTE p_sql;
        EXECUTE 'SELECT (' || p_question || ')::text' INTO v_answer;
        RAISE EXCEPTION USING ERRCODE = 'TTTTT';
    EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN v_answer;
              WHEN OTHERS THEN RETURN SQLSTATE;
    END;
END $$;
SELECT plan(55);

-- rule: ACC-2
UPDATE directory.person SET status = 'invitee' WHERE person_id = t.who('parent');
INSERT INTO directory.invitation (district_id, person_id, kind, value) VALUES (t.d(), t.who('parent'), 'email', 'parent@example.org'), (t.d(), t.who('parent'), 'email', 'old@example.org');
SELECT is(t.state_of(format('SELECT api.accept_invitation(%s, %L)', t.d(), (SELECT secret FROM directory.invitation WHERE value = 'old@example.org'))), 'RS011', 'an invitation to what is not theirs any more');
SELECT is(t.state_of(format('SELECT api.accept_invitation(%s, %L)', t.d(), (SELECT secret FROM directory.invitation WHERE value = 'parent@example.org'))), 'ok', 'and to what is');
UPDATE directory.person SET status = 'active' WHERE person_id = t.who('parent');

-- rule: ABN-S5
SELECT is((SELECT count(*) FROM api.audience(t.d(), NULL) WHERE person_id = t.who('chief')), 1::bigint, 'a district leader hears the district');
UPDATE directory.role SET state = 'archived' WHERE person_id = t.who('chief');
SELECT is((SELECT count(*) FROM api.audience(t.d(), NULL) WHERE person_id = t.who('chief')), 0::bigint, 'one who is none any more does not');
UPDATE directory.role SET state = 'active' WHERE person_id = t.who('chief');
DELETE FROM directory.school WHERE district_id = t.who('far');
SELECT is((SELECT count(*) FROM api.audience(t.who('far'), NULL)), 1::bigint, 'also in a district without any school yet');

-- rule: GRD-1
SELECT is(t.state_of(format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL)', t.d(), t.who('leader'), p, 'Nan', 'O', 'n@example.org')), w, 'a leader of school a for ' || n)
FROM (VALUES ('pupil', t.who('pupil'), 'ok'), ('pupil.b', t.who('pupil.b'), 'RS001'), ('former', t.who('former'), 'ok'), ('detached', t.who('detached'), 'RS003'),
             ('parent', t.who('parent'), 'RS003'), ('teacher', t.who('teacher'), 'RS003')) AS x (n, p, w);
SELECT is(t.state_of(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('other'), t.who('parent'))), 'RS008', 'who is no guardian cannot be removed');
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, claim_manual) VALUES (t.d(), t.who('other'), t.who('parent'), false, false);
SELECT is(t.state_of(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('other'), t.who('parent'))), 'RS008', 'nor whom nothing makes one');
SELECT is(t.after(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('sibling'), t.who('parent')),
                  format('t.state_of(%L)', format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('sibling'), t.who('parent')))), 'RS008', 'nor twice');
SELECT is(t.state_of(format('SELECT api.remove_guardian(-1, %s, %s, %s)', t.who('leader'), t.who('pupil'), t.who('parent'))), 'RS008', 'nor in a district that is none');

-- rule: UPD-2
SELECT is(t.after(format('UPDATE directory.relationship SET claim_manual = true, suspended = true WHERE student_id = %1$s AND guardian_id = %2$s;
                          SELECT api.add_guardian(%3$s, %4$s, %1$s, %5$L, %6$L, %7$L, NULL, NULL)', t.who('pupil'), t.who('parent'), t.d(), t.who('leader'), 'Parent', 'Oakley', 'parent@example.org'),
                  format('SELECT count(*) FROM directory.guardianship WHERE student_id = %s AND guardian_id = %s', t.who('pupil'), t.who('parent'))), '1', 'a leader gives a guardian by hand back');
UPDATE directory.person SET status = 'invitee' WHERE person_id = t.who('parent.b');
SELECT is(t.after(format('UPDATE directory.relationship SET suspended = true WHERE guardian_id = %s; DELETE FROM directory.credential WHERE person_id = %1$s', t.who('parent.b')),
                  format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL) = %s', t.d(), t.who('leader.b'), t.who('pupil.b'), 'Parent.B', 'Oakley', 'fresh@example.org', t.who('parent.b'))),
          'true', 'also who holds nothing any more, under whatever address');

-- rule: GRD-2
CREATE TABLE t.code AS SELECT api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced')) AS code;
UPDATE directory.relationship SET suspended = true WHERE guardian_id = t.who('parent') AND student_id = t.who('pupil');
DELETE FROM directory.credential WHERE person_id = t.who('parent');
UPDATE sis.person SET email = 'mail@example.org', sms = '+12125550101', phone = '+12125550102' WHERE sourced_id = 'parent';
CREATE FUNCTION t.join_as(p_given text, p_email text, p_sms text) RETURNS text LANGUAGE sql AS $$
    SELECT t.state_of(format('SELECT api.join_with_code(%s, %L, %L, %L, %L, %L, %L, %L)', t.d(), (SELECT code FROM t.code), 'Pupil', 'Oakley', p_given, 'Join', p_email, p_sms)) $$;
SELECT is(t.join_as('Jo', 'jo@example.org', NULL), 'ok', 'a stranger with the code joins');
SELECT is(t.join_as('Jo', 'mail@example.org', NULL), 'RS006', 'a guardian whose pair was ended does not, under another name: by their e-mail');
SELECT is(t.join_as('Jo', NULL, '+12125550101'), 'RS006', 'by their mobile number');
SELECT is(t.join_as('Jo', NULL, '+12125550102'), 'RS006', 'or by their phone');
SELECT is(t.state_of(format('SELECT api.join_with_code(%s, %L, %L, %L, %L, %L, %L, NULL)', t.d(), (SELECT code FROM t.code), 'Pupil', 'Oakley', 'parent', 'oakley', 'jo@example.org')), 'RS006', 'nor under their name');
UPDATE directory.relationship SET suspended = false WHERE guardian_id = t.who('parent') AND student_id = t.who('pupil');
INSERT INTO directory.credential (district_id, person_id, kind, value) VALUES (t.d(), t.who('parent'), 'email', 'parent@example.org');
SELECT is(t.after(format('UPDATE directory.classroom SET state = ''archived'' WHERE classroom_id = %s', t.who('class.synced')), format('t.join_as(%L, %L, NULL)', 'Jo', 'jo@example.org')), 'RS006', 'nor anybody by an archived classroom''s code');

-- rule: GRD-5
SELECT is(t.state_of(format('SELECT api.edit_person(%s, %s, %s, %L, NULL, NULL, NULL, NULL)', t.d(), t.who('manager'), t.who(p), 'X')), w, 'a school leader with the role, of ' || p)
FROM (VALUES ('parent', 'ok'), ('teacher', 'ok'), ('parent.b', 'RS001'), ('teacher.b', 'RS001')) AS x (p, w);
-- a leader of school b who also teaches at school a reaches school b only
SELECT t.role('leader.b', 'teacher', 'school.a') \g /dev/null
SELECT rosterd.grant_users_manager(t.d(), t.who('leader.b')) \g /dev/null
SELECT is(t.state_of(format('SELECT api.edit_person(%s, %s, %s, %L, NULL, NULL, NULL, NULL)', t.d(), t.who('leader.b'), t.who(p), 'X')), w, 'who teaches at a and leads b, of ' || p)
FROM (VALUES ('colleague', 'RS001'), ('teacher.b', 'ok')) AS x (p, w);
SELECT is(t.after(format('UPDATE directory.role SET state = ''archived'' WHERE person_id = %s', t.who('chief.manager')),
                  format('api.leads_person(%s, %s, %s)', t.d(), t.who('chief.manager'), t.who('parent'))), 'false', 'a district leader who is none any more leads nobody');
SELECT ok(api.leads_person(t.d(), t.who('chief.manager'), t.who('parent')), 'before, everybody');

-- rule: CLS-1
UPDATE directory.classroom SET school_id = t.who('school.gone') WHERE classroom_id = t.who('class.archived');
SELECT is(t.state_of(format('SELECT api.unarchive_classroom(%s, %s, %s)', t.d(), t.who('chief'), t.who('class.archived'))), '55000', 'a classroom of an archived school stays archived');
UPDATE directory.classroom SET school_id = t.who('school.a') WHERE classroom_id = t.who('class.archived');
SELECT is(t.state_of(format('SELECT api.unarchive_classroom(%s, %s, %s)', t.d(), t.who('chief'), t.who('class.archived'))), 'ok', 'another does not have to');

UPDATE directory.school SET sis_rostering = true WHERE school_id = t.who('school.a');
SELECT is(t.state_of(format('SELECT api.create_classroom(%s, %s, %s, %L)', t.d(), t.who(p), t.who('school.a'), 'Club')), w, 'a classroom by ' || p)
FROM (VALUES ('teacher', 'ok'), ('teacher.b', 'RS001')) AS x (p, w);
UPDATE directory.school SET sis_rostering = false WHERE school_id = t.who('school.a');

-- rule: CLS-5
-- rule: CLS-8
SELECT is(t.state_of(format('SELECT api.add_co_teacher(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.manual'), t.who(p))), w, 'as a co-teacher, ' || p)
FROM (VALUES ('colleague', 'ok'), ('manager', 'RS008'), ('other', 'RS008'), ('teacher.b', 'RS008')) AS x (p, w);
SELECT is(t.state_of(format('SELECT api.add_backpack_item(%s, %s, %s, %s, %L)', t.d(), t.who('leader'), t.who('class.manual'), p, 'Leaf')), w, 'an item of ' || n)
FROM (VALUES ('a student of the classroom', t.who('pupil'), 'ok'), ('its teacher', t.who('teacher'), 'RS003'), ('another student', t.who('other'), 'RS003'), ('nobody', -1, 'RS008')) AS x (n, p, w);
-- who led a school once is told what everybody is
SELECT t.role('colleague', 'school_leader', 'school.b', 'archived') \g /dev/null
SELECT is(t.state_of(format('SELECT api.add_guardian(%s, %s, %s, %L, %L, %L, NULL, NULL)', t.d(), t.who('colleague'), t.who('parent'), 'Nan', 'O', 'n@example.org')), 'RS001', 'whoever leads no school any more is refused for that');

-- rule: CLS-1
SELECT is(t.state_of(format('SELECT api.rename_classroom(%s, %s, %s, %L)', t.d(), t.who('leader'), t.who('class.manual'), repeat('x', n))), w, 'a name of ' || n || ' characters')
FROM (VALUES (255, 'ok'), (256, '22023')) AS x (n, w);
SELECT is(t.state_of(format('SELECT rosterd.pin(%s, ''person'', %s, %L)', t.d(), t.who('pupil'), repeat('x', n))), w, 'a reason of ' || n || ' characters')
FROM (VALUES (1, 'ok'), (500, 'ok'), (501, '22023')) AS x (n, w);

-- rule: UPD-7
SELECT rosterd.pin(t.d(), 'person', t.who('pupil'), 'asked'), rosterd.unpin(t.d(), 'person', t.who('pupil')) \g /dev/null
SELECT is((SELECT string_agg(split_part(act, ' ', 1), ' ' ORDER BY change_id) FROM audit.change WHERE district_id = t.d() AND relation = 'sync.pin'), 'pin unpin', 'a pin and its end are in the audit');

-- rule: OFF-2
SELECT t.setting('sync_enabled = false') \g /dev/null
SELECT t.role('detached', 'student', 'school.b', 'archived') \g /dev/null
SELECT is(t.after(format('SELECT api.restore_student(%s, %s, %s)', t.d(), t.who('chief'), t.who('detached')),
                  format('SELECT string_agg(school_id || state, '' '' ORDER BY school_id) FROM directory.role WHERE person_id = %s', t.who('detached'))),
          t.who('school.a') || 'detached ' || t.who('school.b') || 'active', 'who is restored comes back where they were archived, not where EXTREME took them out');
SELECT is(t.after(format('SELECT api.archive_student(%s, %s, %s)', t.d(), t.who('chief'), t.who('detached')),
                  format('SELECT string_agg(school_id || state, '' '' ORDER BY school_id) FROM directory.role WHERE person_id = %s', t.who('detached'))),
          t.who('school.a') || 'detached ' || t.who('school.b') || 'archived', 'and archiving takes from the active ones');
SELECT t.role('other', 'teacher', 'school.a') \g /dev/null
SELECT is(t.after(format('SELECT api.archive_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('other')),
                  format('SELECT string_agg(role || '' '' || state, '', '' ORDER BY role) FROM directory.role WHERE person_id = %s', t.who('other'))), 'student archived, teacher active', 'as students only');
SELECT is(t.after(format('SELECT api.archive_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('pupil')),
                  format('SELECT state FROM directory.role WHERE person_id = %s', t.who('pupil'))), 'archived', 'a leader archives students of their school');
-- rule: ACC-1
-- somebody else was first, after the act had looked
SELECT throws_ok(format('SELECT api.give_credentials(%1$s, %2$s, ''add_guardian'', ''GRD-1'', %2$s, ''{email}'', ARRAY[(SELECT min(value) FROM directory.credential WHERE district_id = %1$s AND person_id <> %2$s)], false)',
                        t.d(), t.who('leader')), 'RS005', NULL, 'what another has got meanwhile is taken, and nothing is done without it');
SELECT * FROM finish();
ROLLBACK;
