-- Classrooms by hand: what the acts do, beside who may (api_matrix).
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
\o
CREATE FUNCTION t.member_row(p_classroom text, p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', m.role, CASE WHEN m.claim_sis THEN 'sis' END, CASE WHEN m.claim_manual THEN 'manual' END,
                                CASE WHEN m.suspended THEN 'suspended' END), ', ')
      FROM directory.membership AS m WHERE m.district_id = t.d() AND m.classroom_id = t.who(p_classroom) AND m.person_id = t.who(p_person) $$;
CREATE FUNCTION t.sees(p_classroom text, p_person text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM directory.member AS m
                    WHERE m.district_id = t.d() AND m.classroom_id = t.who(p_classroom) AND m.person_id = t.who(p_person)) $$;
CREATE FUNCTION t.room(p_classroom text) RETURNS directory.classroom LANGUAGE sql AS $$
    SELECT c FROM directory.classroom AS c WHERE c.district_id = t.d() AND c.classroom_id = t.who(p_classroom) $$;
CREATE FUNCTION t.rostering(p_on boolean) RETURNS void LANGUAGE sql AS $$
    SELECT api.set_sis_rostering(t.d(), t.who('leader'), t.who('school.a'), p_on) $$;
CREATE FUNCTION t.last(p_act text) RETURNS audit.change LANGUAGE sql AS $$
    SELECT c FROM audit.change AS c WHERE c.district_id = t.d() AND c.act = p_act ORDER BY c.change_id DESC LIMIT 1 $$;
SELECT plan(71);

-- rule: CLS-1
SELECT lives_ok('SELECT t.rostering(true)', 'a leader switches sis_rostering');
SELECT is((SELECT sis_rostering FROM directory.school WHERE district_id = t.d() AND school_id = t.who('school.a')), true, 'it is on');
SELECT is((SELECT sis_rostering FROM directory.school WHERE district_id = t.d() AND school_id = t.who('school.b')), false, 'at this school only');
\o /dev/null
INSERT INTO t.who SELECT 'class.new', api.create_classroom(t.d(), t.who('teacher'), t.who('school.a'), E'  Choir\u00a0club '), 'classroom';
INSERT INTO t.who SELECT 'class.led', api.create_classroom(t.d(), t.who('leader'), t.who('school.a'), 'Chess'), 'classroom';
\o
SELECT is((t.room('class.new')).name, 'Choir club', 'a classroom by hand has the name given, cleaned');
SELECT is((t.room('class.new')).synced, false, 'and is not synced');
SELECT is((t.room('class.new')).sourced_id, NULL, 'nor known to the SIS');
SELECT is(t.member_row('class.new', 'teacher'), 'teacher manual', 'the teacher who made it teaches it');
SELECT is(t.member_row('class.led', 'leader'), NULL, 'a leader who made one does not');
SELECT is(t.state_of(format('SELECT api.create_classroom(%s, %s, %s, %L)', t.d(), t.who('leader'), t.who('school.a'), ' ')), '22023', 'a name has to be one');
SELECT is(t.state_of(format('SELECT api.create_classroom(%s, %s, %s, %L)', t.d(), t.who('chief'), t.who('school.gone'), 'New')), '55000', 'an archived school gets no classroom');
SELECT is(t.state_of(format('SELECT api.add_teacher(%s, %s, %s, %L, %L, %L)', t.d(), t.who('chief'), t.who('school.gone'), 'New', 'Teacher', 'new.teacher@example.org')), '55000', 'nor a teacher');
SELECT is((t.last('create_classroom')).after, jsonb_build_object('school_id', t.who('school.a'), 'name', 'Chess'), 'the audit has what was made');
SELECT is((t.last('create_classroom')).actor_id, t.who('leader'), 'and by whom');

-- rule: CLS-3
SELECT lives_ok(format('SELECT api.rename_classroom(%s, %s, %s, %L)', t.d(), t.who('teacher'), t.who('class.synced'), 'Room 12'), 'a teacher renames a synced classroom');
SELECT is((t.room('class.synced')).name, 'Room 12', 'people see the new name');
SELECT is((t.room('class.synced')).sis_name, 'class.synced', 'the SIS''s is kept');
SELECT is((t.last('rename_classroom')).before || (t.last('rename_classroom')).after, '{"edited_name": "Room 12"}'::jsonb, 'the audit has both');
UPDATE directory.classroom SET sis_name = 'Renamed by the SIS' WHERE classroom_id = t.who('class.synced');
SELECT is((t.room('class.synced')).name, 'Room 12', 'it stays whatever the SIS sends');
SELECT lives_ok(format('SELECT api.rename_classroom(%s, %s, %s, NULL)', t.d(), t.who('teacher'), t.who('class.synced')), 'clearing it');
SELECT is((t.room('class.synced')).name, 'Renamed by the SIS', 'goes back to the SIS''s');
SELECT is(t.state_of(format('SELECT api.rename_classroom(%s, %s, %s, NULL)', t.d(), t.who('leader'), t.who('class.manual'))), '22023', 'one made by hand has none to go back to');

-- rule: CLS-2
SELECT is(t.state_of(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('former'))), 'RS003', 'an archived student cannot be put in');
SELECT is(t.state_of(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('detached'))), 'RS003', 'nor a detached one');
SELECT is(t.state_of(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('pupil.b'))), 'RS003', 'nor one of another school');
SELECT is(t.state_of(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('parent'))), 'RS003', 'nor somebody who is no student');
SELECT is(t.state_of(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.archived'), t.who('other'))), '55000', 'nor anybody into an archived classroom');
SELECT is(t.state_of(format('SELECT api.add_student_by_name(%s, %s, %s, %L, %L)', t.d(), t.who('leader'), t.who('class.archived'), 'Other', 'Oakley')), '55000', 'by name neither');
CREATE FUNCTION t.by_name(p_given text, p_family text) RETURNS text LANGUAGE sql AS $$
    SELECT t.state_of(format('SELECT api.add_student_by_name(%s, %s, %s, %L, %L)', t.d(), t.who('leader'), t.who('class.synced'), p_given, p_family)) $$;
SELECT is(t.by_name('Other', 'Oakley'), 'ok', 'the identical name is found');
SELECT is(t.by_name(' Other', E'Oakley\u200b '), 'ok', 'spaces around it and invisible characters do not matter');
SELECT is(t.by_name('other', 'Oakley'), 'RS003', 'case does');
SELECT is(t.by_name('Other', 'Oakle'), 'RS003', 'and so does every letter');
SELECT is(t.by_name('Former', 'Oakley'), 'RS003', 'an archived student is not found');
SELECT is(t.by_name('Pupil.B', 'Oakley'), 'RS003', 'nor one of another school');
SELECT is(t.by_name('Parent', 'Oakley'), 'RS003', 'nor a guardian');
SELECT is(t.by_name('Teacher', 'Oakley'), 'RS003', 'nor a teacher of that school');
UPDATE directory.person SET given_name = U&'Zo\00EB' WHERE person_id = t.who('other');
SELECT is(t.by_name(U&'Zoe\0308', 'Oakley'), 'ok', 'composed and decomposed letters are one');
UPDATE directory.person SET given_name = U&'Zo\00EB' WHERE person_id = t.who('sibling');
SELECT is(t.by_name(U&'Zo\00EB', 'Oakley'), 'RS004', 'two of the name are an error');
UPDATE directory.person SET given_name = U&'Zo\00EB' WHERE person_id = t.who('former');
UPDATE directory.person SET given_name = 'Other' WHERE person_id IN (t.who('other'));
UPDATE directory.person SET given_name = 'Sibling' WHERE person_id IN (t.who('sibling'));
SELECT is((SELECT count(*) FROM directory.person WHERE district_id = t.d()), 19::bigint, 'nobody was made by any of it');

-- rule: CLS-4
SELECT lives_ok(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('other')), 'a teacher adds a student');
SELECT is(t.member_row('class.synced', 'other'), 'student manual', 'by a manual claim');
SELECT lives_ok(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('pupil')), 'one who is in it by the SIS');
SELECT is(t.member_row('class.synced', 'pupil'), 'student sis manual', 'carries both claims');
SELECT is(api.add_student_by_name(t.d(), t.who('teacher'), t.who('class.synced'), 'Sibling', 'Oakley'), t.who('sibling'), 'by name it is told who was added');
SELECT is((SELECT count(*) FROM sync.mark WHERE district_id = t.d() AND kind = 'person' AND id = t.who('other')), 1::bigint, 'the next run looks at the student');
SELECT is((SELECT count(DISTINCT id) FROM sync.mark WHERE district_id = t.d() AND kind = 'classroom'), 1::bigint, 'and at the classroom');
-- rule: CLS-5
SELECT lives_ok(format('SELECT api.add_co_teacher(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('colleague')), 'a teacher adds a co-teacher');
SELECT is(t.member_row('class.synced', 'colleague'), 'teacher manual', 'by a manual claim');
SELECT is(t.state_of(format('SELECT api.add_co_teacher(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('teacher.b'))), 'RS008', 'only of the school''s teachers');
SELECT is(t.state_of(format('SELECT api.add_co_teacher(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('parent'))), 'RS008', 'not somebody else');

-- rule: CLS-8
SELECT lives_ok(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('other')), 'a manual member is taken out');
SELECT is(t.member_row('class.synced', 'other'), NULL, 'and is gone');
SELECT lives_ok(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('pupil')), 'of a member by both claims');
SELECT is(t.member_row('class.synced', 'pupil'), 'student sis', 'the manual claim goes, the SIS''s stays');
SELECT is(t.state_of(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('pupil'))), 'RS007', 'then nothing is left to take away by hand');
SELECT is(t.state_of(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('parent'))), 'RS008', 'who is no member cannot be taken out');
SELECT is(t.state_of(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.archived'), t.who('former'))), '55000', 'nobody is taken out of an archived classroom');
SELECT lives_ok(format('SELECT api.add_backpack_item(%s, %s, %s, %s, %L)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('pupil'), 'Poem'), 'an item for a student of the class');
SELECT is(t.state_of(format('SELECT api.add_backpack_item(%s, %s, %s, %s, %L)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('other'), 'Poem')), 'RS003', 'not for one who is not in it');
SELECT is(t.state_of(format('SELECT api.add_backpack_item(%s, %s, %s, %s, %L)', t.d(), t.who('teacher'), t.who('class.archived'), t.who('pupil'), 'Poem')), '55000', 'nor into an archived classroom');
SELECT is(t.state_of(format('SELECT api.create_join_code(%s, %s, %s)', t.d(), t.who('teacher'), t.who('class.archived'))), '55000', 'which gets no code either');
SELECT is(t.state_of(format('SELECT api.create_join_code(%s, %s, %s)', t.d(), t.who('teacher.b'), t.who('class.synced'))), 'RS001', 'a teacher of one classroom is none of another');
SELECT is(t.state_of(format('SELECT api.create_join_code(%s, %s, %s)', t.d(), t.who('pupil'), t.who('class.synced'))), 'RS001', 'and a student of it is no teacher');

-- rule: OFF-2
\o /dev/null
SELECT t.rostering(false), t.setting('sync_enabled = false');
\o
SELECT lives_ok(format('SELECT api.add_student(%s, %s, %s, %s)', t.d(), t.who('teacher'), t.who('class.synced'), t.who('other')), 'with the sync off a synced classroom is filled without the setting');
SELECT lives_ok(format('SELECT api.remove_member(%s, %s, %s, %s)', t.d(), t.who('leader'), t.who('class.synced'), t.who('pupil')), 'and emptied');
SELECT is(t.member_row('class.synced', 'pupil'), NULL, 'of members by the SIS too');
SELECT t.setting('sync_enabled = true') \g /dev/null

-- rule: CLS-9
SELECT lives_ok(format('SELECT api.archive_classroom(%s, %s, %s)', t.d(), t.who('leader'), t.who('class.manual')), 'archiving by hand');
SELECT is((t.room('class.manual')).state || ' by ' || (t.room('class.manual')).archived_by, 'archived by hand', 'is noted as such');
-- rule: ABN-B1
\o /dev/null
UPDATE directory.role SET state = 'archived' WHERE person_id = t.who('pupil');
SELECT api.archive_classroom(t.d(), t.who('leader'), t.who('class.synced'));
SELECT api.unarchive_classroom(t.d(), t.who('leader'), t.who('class.manual')), api.unarchive_classroom(t.d(), t.who('leader'), t.who('class.archived'));
\o
SELECT is(t.member_row('class.manual', 'pupil') || ' / ' || t.member_row('class.manual', 'teacher'), 'student manual suspended / teacher manual',
          'unarchived, those who left the school meanwhile are suspended, the others count');
SELECT is(t.member_row('class.archived', 'former') || ' / ' || t.sees('class.archived', 'former'), 'student suspended / false', 'members by the SIS too');
UPDATE directory.role SET state = 'active' WHERE person_id IN (t.who('pupil'), t.who('former'));
SELECT api.archive_classroom(t.d(), t.who('leader'), t.who('class.manual')), api.unarchive_classroom(t.d(), t.who('leader'), t.who('class.manual')),
       api.archive_classroom(t.d(), t.who('leader'), t.who('class.archived')), api.unarchive_classroom(t.d(), t.who('leader'), t.who('class.archived')) \g /dev/null
SELECT is(t.member_row('class.manual', 'pupil') || ' / ' || t.member_row('class.archived', 'former'), 'student manual / student sis',
          'and unarchived when they are back, they count again');
SELECT is((SELECT concat_ws(' ', claim_sis, claim_manual, suspended, detached) FROM directory.membership WHERE person_id = t.who('detached')), 't f f t', 'what EXTREME detached stays as it was');
SELECT * FROM finish();
ROLLBACK;
