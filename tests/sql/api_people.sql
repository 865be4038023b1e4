-- Students and guardians by hand: what the acts do, beside who may (api_matrix).
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
SELECT t.guardian('parent', 'other');
\o
CREATE FUNCTION t.member_row(p_classroom text, p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', m.role, CASE WHEN m.claim_sis THEN 'sis' END, CASE WHEN m.claim_manual THEN 'manual' END,
                                CASE WHEN m.suspended THEN 'suspended' END), ', ')
      FROM directory.membership AS m WHERE m.district_id = t.d() AND m.classroom_id = t.who(p_classroom) AND m.person_id = t.who(p_person) $$;
CREATE FUNCTION t.pair(p_student text, p_guardian text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', CASE WHEN r.claim_sis THEN 'sis' END, CASE WHEN r.claim_manual THEN 'manual' END, CASE WHEN r.suspended THEN 'suspended' END)
      FROM directory.relationship AS r WHERE r.district_id = t.d() AND r.student_id = t.who(p_student) AND r.guardian_id = t.who(p_guardian) $$;
CREATE FUNCTION t.open(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(i.value, ' ' ORDER BY i.value), '') FROM directory.invitation AS i
     WHERE i.district_id = t.d() AND i.person_id = t.who(p_person) AND i.state = 'open' $$;
CREATE FUNCTION t.holds(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(c.kind || ':' || c.value || CASE WHEN c.manual THEN ' manual' ELSE '' END, ', ' ORDER BY c.value), '')
      FROM directory.credential AS c WHERE c.district_id = t.d() AND c.person_id = t.who(p_person) $$;
CREATE FUNCTION t.add_guardian(p_student text, p_given text, p_email text, p_sms text DEFAULT NULL, p_phone text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT api.add_guardian(t.d(), t.who('leader'), t.who(p_student), p_given, 'Oakley', p_email, p_sms, p_phone) $$;
CREATE FUNCTION t.state_row(p_person text, p_school text) RETURNS text LANGUAGE sql AS $$
    SELECT state FROM directory.role WHERE district_id = t.d() AND person_id = t.who(p_person) AND school_id = t.who(p_school) AND role = 'student' $$;
SELECT plan(87);

-- rule: STU-3
SELECT is(t.open('pupil'), '', 'a student is not invited');
SELECT lives_ok(format('SELECT api.enable_student_account(%s, %s, %s)', t.d(), t.who('leader'), t.who('pupil')), 'until a leader enables the account');
SELECT is((SELECT account_enabled FROM directory.person WHERE person_id = t.who('pupil')), true, 'it is enabled');
SELECT is(t.open('pupil'), 'pupil@example.org', 'and the student invited');
SELECT is(t.open('sibling'), '', 'nobody else');
SELECT lives_ok(format('SELECT api.enable_student_account(%s, %s, %s)', t.d(), t.who('leader'), t.who('former')), 'an archived student''s account can be enabled');
SELECT is(t.open('former'), '', 'but they are connected to nothing, so not invited');
SELECT is(t.state_of(format('SELECT api.enable_student_account(%s, %s, %s)', t.d(), t.who('leader'), t.who('parent'))), 'RS003', 'who is no student has no student account');

-- rule: STU-1
SELECT is(t.state_of(format('SELECT api.create_student(%s, %s, %s, %L, %L)', t.d(), t.who('leader'), t.who('school.a'), 'New', 'Kid')), 'RS002', 'no student by hand while the sync is on');
SELECT is(t.state_of(format('SELECT api.create_student(%s, %s, %s, %L, %L)', t.d(), t.who('leader'), t.who('school.a'), '', '')), 'RS002', 'whatever the names');
SELECT is(t.state_of(format('SELECT api.add_student_by_name(%s, %s, %s, %L, %L)', t.d(), t.who('leader'), t.who('class.manual'), 'New', 'Kid')), 'RS003', 'nor by naming one who is not there');
-- rule: OFF-2
SELECT t.setting('sync_enabled = false') \g /dev/null
\o /dev/null
INSERT INTO t.who SELECT 'kid', api.create_student(t.d(), t.who('leader'), t.who('school.a'), ' Kim ', 'Kid'), 'person';
\o
SELECT is((SELECT given_name || ' ' || family_name || ' ' || status FROM directory.person WHERE person_id = t.who('kid')), 'Kim Kid invitee', 'with the sync off a student is made');
SELECT is(t.state_row('kid', 'school.a'), 'active', 'in the directory of the school');
SELECT is((SELECT claim_sis::text || claim_manual FROM directory.role WHERE person_id = t.who('kid')), 'falsetrue', 'by hand');
SELECT lives_ok(format('SELECT api.archive_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('pupil')), 'a student is archived');
SELECT is(t.state_row('pupil', 'school.a'), 'archived', 'in the directory');
SELECT is(t.member_row('class.synced', 'pupil') || '/' || t.member_row('class.manual', 'pupil') || '/' || t.member_row('class.archived', 'pupil'),
          'student suspended/student manual suspended/student sis', 'out of the active classrooms, in the archived one');
SELECT is(t.open('pupil'), '', 'not invited any more');
SELECT is(t.pair('pupil', 'parent'), 'sis', 'the guardian stays');
SELECT lives_ok(format('SELECT api.archive_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('pupil')), 'again is nothing');
SELECT lives_ok(format('SELECT api.restore_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('pupil')), 'the student is restored');
SELECT is(t.state_row('pupil', 'school.a'), 'active', 'in the directory');
SELECT is(t.member_row('class.synced', 'pupil') || '/' || t.member_row('class.manual', 'pupil'), 'student sis/student manual', 'and in the classrooms as before');
SELECT is(t.open('pupil'), 'pupil@example.org', 'invited again');
SELECT is((SELECT count(*) FROM directory.invitation WHERE person_id = t.who('pupil')), 2::bigint, 'with a new secret');
SELECT lives_ok(format('SELECT api.restore_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('former')), 'one the sync archived is restored');
SELECT is(t.open('former'), 'former@example.org', 'and invited, as enabled');
SELECT is(t.state_of(format('SELECT api.restore_student(%s, %s, %s)', t.d(), t.who('leader'), t.who('detached'))), 'RS003', 'a detached one is not seen');
-- a student of two schools
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis) VALUES (t.d(), t.who('other'), t.who('school.b'), 'student', true);
SELECT api.archive_student(t.d(), t.who('leader'), t.who('other')) \g /dev/null
SELECT is(t.state_row('other', 'school.a') || t.state_row('other', 'school.b'), 'archivedactive', 'a leader archives at their own school');
SELECT api.archive_student(t.d(), t.who('chief'), t.who('other')) \g /dev/null
SELECT is(t.state_row('other', 'school.a') || t.state_row('other', 'school.b'), 'archivedarchived', 'a district leader at all');
-- teachers
\o /dev/null
INSERT INTO t.who SELECT 'sub', api.add_teacher(t.d(), t.who('leader'), t.who('school.a'), 'Sub', 'Stitute', ' Sub@Example.org '), 'person';
\o
SELECT is(t.holds('sub'), 'email:sub@example.org manual', 'a teacher is added');
SELECT is(t.open('sub'), 'sub@example.org', 'and invited');
SELECT ok(api.can_access_school(t.d(), t.who('sub'), t.who('school.a')), 'and sees the school');
SELECT is(api.add_teacher(t.d(), t.who('leader.b'), t.who('school.b'), 'SUB', 'stitute', 'sub@example.org'), t.who('sub'), 'the same name with the same e-mail is the same person');
SELECT is((SELECT count(*) FROM directory.role WHERE person_id = t.who('sub')), 2::bigint, 'at both schools');
SELECT is(t.state_of(format('SELECT api.add_teacher(%s, %s, %s, %L, %L, %L)', t.d(), t.who('leader'), t.who('school.a'), 'X', 'Y', 'sub@example.org')), 'RS005', 'another name is not');
SELECT is(t.state_of(format('SELECT api.add_teacher(%s, %s, %s, %L, %L, %L)', t.d(), t.who('leader'), t.who('school.a'), 'X', 'Y', 'nowhere')), 'RS009', 'an e-mail that is none');
SELECT is(t.state_of(format('SELECT api.add_teacher(%s, %s, %s, %L, %L, NULL)', t.d(), t.who('leader'), t.who('school.a'), 'X', 'Y')), 'RS009', 'or none at all');
SELECT is(t.state_of(format('SELECT api.add_teacher(%s, %s, %s, %L, %L, %L)', t.d(), t.who('leader'), t.who('school.a'), 'Sibling', 'Oakley', 'sibling@example.org')), 'RS005', 'a student is not made a teacher');
SELECT t.setting('sync_enabled = true') \g /dev/null

-- rule: GRD-1
\o /dev/null
INSERT INTO t.who SELECT 'nan', t.add_guardian('sibling', 'Nan', 'Nan@Example.org', '(415) 555-2671', '+1 415 555 2671'), 'person';
\o
SELECT is(t.holds('nan'), 'sms:+14155552671 manual, email:nan@example.org manual', 'a guardian by hand, with credentials of their own; one number is one credential');
SELECT is(t.pair('sibling', 'nan'), 'manual', 'linked by hand');
SELECT is(t.open('nan'), '+14155552671 nan@example.org', 'invited by each');
SELECT is(t.state_of($$SELECT t.add_guardian('sibling', 'Other', 'nan@example.org')$$), 'RS005', 'somebody else''s credential');
SELECT is(t.state_of($$SELECT t.add_guardian('sibling', 'Nan', 'nan@example.org', '+442079460958')$$), 'ok', 'one of theirs is enough');
SELECT is(t.state_of($$SELECT t.add_guardian('sibling', 'Nan', 'nan@example.org', NULL, NULL)$$), 'ok', 'again is the same');
SELECT is(t.add_guardian('pupil', 'NAN', NULL, '+14155552671'), t.who('nan'), 'the same name holding the credential is linked, not doubled');
SELECT is(t.pair('pupil', 'nan'), 'manual', 'to this student too');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'Parent', 'parent@example.org', '+14155552671')$$), 'RS005', 'credentials of two people are nobody''s');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'New', NULL)$$), 'RS009', 'no credential');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'New', ' ', '')$$), 'RS009', 'nor an empty one');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'New', 'new@example.org', '12')$$), 'RS009', 'one that cannot be used is said, not dropped');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', ' ', 'new@example.org')$$), '22023', 'nobody without a name');
SELECT t.setting('phone_is_credential = false') \g /dev/null
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'New', NULL, NULL, '4155550199')$$), 'RS009', 'where phones are no credentials, a phone is not enough');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'New', 'new@example.org', NULL, '4155550199')$$), 'ok', 'but does no harm');
SELECT is((SELECT string_agg(c.kind || '=' || c.value, ' ' ORDER BY c.kind) FROM rosterd.district d CROSS JOIN LATERAL api.contacts_given(d, 'Nan@Example.org', NULL, ' ') c
           WHERE d.district_id = t.d()), 'email=nan@example.org phone=', 'but one that was there can be cleared');
SELECT t.setting('phone_is_credential = true') \g /dev/null
\o /dev/null
INSERT INTO t.who SELECT 'late', t.add_guardian('former', 'Late', 'late@example.org'), 'person';
\o
SELECT is(t.pair('former', 'late'), 'manual', 'a guardian of a student in the archived section');
-- rule: CRED-4
\o /dev/null
INSERT INTO t.who SELECT 'mum', t.add_guardian('sibling', 'Mum', 'sibling@example.org'), 'person';
\o
SELECT is(t.holds('mum') || '/' || t.holds('sibling'), 'email:sibling@example.org manual/', 'a student does not keep a guardian of theirs from a credential');
SELECT is(t.state_of($$SELECT t.add_guardian('sibling', 'Mum', 'pupil@example.org')$$), 'RS005', 'another student does');
UPDATE directory.person SET status = 'active' WHERE person_id = t.who('pupil');
SELECT is(t.state_of($$SELECT t.add_guardian('pupil', 'Mum', 'pupil@example.org')$$), 'RS005', 'and so does an active one');

-- rule: GRD-1
SELECT is(t.state_of(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('sibling'), t.who('late'))), 'RS008', 'who is the guardian of somebody else cannot be taken away');
SELECT lives_ok(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('sibling'), t.who('nan')), 'a leader takes a guardian away');
SELECT is((SELECT count(*) FROM directory.guardianship WHERE student_id = t.who('sibling') AND guardian_id = t.who('nan')), 0::bigint, 'at once');
SELECT is(t.open('nan'), '+14155552671 nan@example.org', 'who is still invited for the other student');
SELECT api.remove_guardian(t.d(), t.who('leader'), t.who('pupil'), t.who('nan')) \g /dev/null
SELECT is(t.open('nan'), '', 'and not when it was the last');
SELECT api.remove_guardian(t.d(), t.who('leader'), t.who('pupil'), t.who('parent')) \g /dev/null
SELECT is((SELECT array_agg(guardian_id) FROM directory.guardianship WHERE student_id = t.who('pupil')), NULL, 'one the SIS states too: it may be about custody');
SELECT is(t.state_of(format('SELECT api.remove_guardian(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('pupil'), t.who('parent'))), 'RS008', 'who is no guardian cannot be taken away');
SELECT is(t.add_guardian('pupil', 'Parent', 'parent@example.org'), t.who('parent'), 'a leader can give the guardian back');
SELECT is(t.pair('pupil', 'parent'), 'manual', 'by hand');

-- rule: GRD-2
\o /dev/null
CREATE TABLE t.code AS SELECT api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced')) AS first;
ALTER TABLE t.code ADD COLUMN code text;
UPDATE t.code SET code = api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced'));
CREATE TABLE t.codes AS SELECT n, replace(api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced')), '-', '') AS code FROM generate_series(1, 100) n;
UPDATE t.code SET code = api.create_join_code(t.d(), t.who('teacher'), t.who('class.synced'));
\o
SELECT is_empty($$ SELECT a.at FROM generate_series(1, 12) AS a (at) CROSS JOIN t.codes c GROUP BY a.at HAVING NOT bool_or(substr(c.code, a.at, 1) > 'G') OR NOT bool_or(substr(c.code, a.at, 1) < 'G')
                   UNION ALL SELECT a.at FROM generate_series(1, 12) AS a (at) JOIN generate_series(1, 12) AS b (at) ON b.at > a.at CROSS JOIN t.codes c
                   GROUP BY a.at, b.at HAVING bool_and(substr(c.code, a.at, 1) = substr(c.code, b.at, 1)) $$, 'each of its twelve characters is drawn, and by itself');
CREATE FUNCTION t.join(p_code text, p_student text, p_given text, p_email text, p_sms text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT api.join_with_code(t.d(), p_code, p_student, 'Oakley', p_given, 'Oakley', p_email, p_sms) $$;
CREATE FUNCTION t.refusal(p_sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_hint text;
BEGIN EXECUTE p_sql; RETURN 'ok';
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS v_hint = PG_EXCEPTION_HINT; RETURN concat_ws('|', SQLSTATE, SQLERRM, v_hint); END $$;
SELECT matches((SELECT code FROM t.code), '^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$', 'a code has 12 characters of 5 bits');
SELECT isnt((SELECT code FROM t.code), (SELECT first FROM t.code), 'a new one is another one');
\o /dev/null
INSERT INTO t.who SELECT 'pop', t.join((SELECT code FROM t.code), 'Sibling', 'Pop', 'Pop@example.org'), 'person';
\o
SELECT is((SELECT status FROM directory.person WHERE person_id = t.who('pop')), 'active', 'who joins is active');
SELECT is(t.pair('sibling', 'pop') || ' ' || t.holds('pop'), 'manual email:pop@example.org manual', 'a guardian by hand');
SELECT is((SELECT proved FROM directory.credential WHERE value = 'pop@example.org'), true, 'who proved the credential');
SELECT is(t.join(lower(replace((SELECT code FROM t.code), '-', ' ')), 'Sibling', 'pop', 'pop@example.org'), t.who('pop'), 'case and hyphens do not matter; again is the same person');
\o /dev/null
INSERT INTO t.who SELECT 'gran', t.add_guardian('sibling', 'Gran', 'gran@example.org'), 'person';
\o
SELECT is(t.join((SELECT code FROM t.code), 'Pupil', 'Gran', 'gran@example.org'), t.who('gran'), 'an invited guardian of the same name joins');
SELECT is((SELECT status FROM directory.person WHERE person_id = t.who('gran')) || (SELECT string_agg(state, ',') FROM directory.invitation WHERE person_id = t.who('gran')),
          'activeaccepted', 'and has accepted');
SELECT is(t.pair('pupil', 'gran'), 'manual', 'linked to the student named');
CREATE TABLE t.bad AS SELECT * FROM (VALUES
    ('an unknown code',       format('SELECT t.join(%L, ''Sibling'', ''X'', ''x@example.org'')', '0000-0000-0000')),
    ('no code',               'SELECT t.join(NULL, ''Sibling'', ''X'', ''x@example.org'')'),
    ('the replaced code',     format('SELECT t.join(%L, ''Sibling'', ''X'', ''x@example.org'')', (SELECT first FROM t.code))),
    ('an unknown student',    format('SELECT t.join(%L, ''Nobody'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))),
    ('a student not in it',   format('SELECT t.join(%L, ''Other'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))),
    ('a teacher of it',       format('SELECT t.join(%L, ''Teacher'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))),
    ('a name not identical',  format('SELECT t.join(%L, ''sibling'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))),
    ('another''s credential', format('SELECT t.join(%L, ''Sibling'', ''X'', ''parent@example.org'')', (SELECT code FROM t.code))),
    ('a student''s',          format('SELECT t.join(%L, ''Sibling'', ''Former'', ''former@example.org'')', (SELECT code FROM t.code))),
    ('a pair that was ended', format('SELECT t.join(%L, ''Sibling'', ''Nan'', ''nan@example.org'')', (SELECT code FROM t.code)))) AS b (what, sql);
SELECT is((SELECT array_agg(DISTINCT t.refusal(sql)) FROM t.bad),
          ARRAY['RS006|joining with this code and these names did not work|Check the code and the spelling of the student''s name, or ask the teacher or the school.'],
          'every cause is refused in the same words');
SELECT is((SELECT count(*) FROM directory.credential WHERE value = 'x@example.org'), 0::bigint, 'and leaves nothing behind');
-- rule: UPD-2
UPDATE directory.relationship SET claim_sis = false, suspended = true WHERE student_id = t.who('sibling') AND guardian_id = t.who('parent');
SELECT is(t.state_of(format('SELECT t.join(%L, ''Sibling'', ''Parent'', ''parent@example.org'')', (SELECT code FROM t.code))), 'RS006', 'a code does not restore what the SIS ended');
SELECT is(t.state_of($$SELECT t.add_guardian('sibling', 'Parent', 'parent@example.org')$$), 'ok', 'a leader does');
-- rule: GRD-2
UPDATE directory.person SET given_name = 'Sibling' WHERE person_id = t.who('pupil');
SELECT is(t.state_of(format('SELECT t.join(%L, ''Sibling'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))), 'RS006', 'two students of the name are refused');
UPDATE directory.person SET given_name = 'Pupil' WHERE person_id = t.who('pupil');
SELECT is(t.state_of(format('SELECT t.join(%L, ''Sibling'', ''X'', NULL, ''12'')', (SELECT code FROM t.code))), 'RS009', 'a number that is none says so: it depends on what was typed alone');
SELECT api.archive_classroom(t.d(), t.who('leader'), t.who('class.synced')) \g /dev/null
SELECT is(t.state_of(format('SELECT t.join(%L, ''Sibling'', ''X'', ''x@example.org'')', (SELECT code FROM t.code))), 'RS006', 'the code of an archived classroom is worth nothing');
SELECT ok(NOT has_table_privilege('rosterd_app', 'directory.join_code', 'SELECT'), 'codes cannot be read');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = t.d() AND act = 'create_join_code' AND (before::text || after::text) ~ (SELECT replace(code, '-', '') FROM t.code)),
          0::bigint, 'nor found in the audit');
SELECT * FROM finish();
ROLLBACK;
