-- What each kind of person sees.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
\o
CREATE FUNCTION t.students(p_school text, p_section text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(w.name, ' ' ORDER BY w.name), '')
      FROM api.school_directory(t.d(), t.who(p_school), p_section) AS s JOIN t.who AS w ON w.id = s.student_id AND w.kind = 'person' $$;
CREATE FUNCTION t.rooms(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(w.name, ' ' ORDER BY w.name), '')
      FROM api.visible_classrooms(t.d(), t.who(p_person)) AS c JOIN t.who AS w ON w.id = c.classroom_id AND w.kind = 'classroom' $$;
CREATE FUNCTION t.bag(p_person text, p_student text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(b.title, ', ' ORDER BY b.title), '') FROM api.visible_backpack(t.d(), t.who(p_person), t.who(p_student)) AS b $$;
CREATE FUNCTION t.heard(p_school text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(w.name || '/' || a.role, ' ' ORDER BY w.name)
      FROM (SELECT DISTINCT person_id, role FROM api.audience(t.d(), CASE WHEN p_school IS NOT NULL THEN t.who(p_school) END)) AS a
      JOIN t.who AS w ON w.id = a.person_id AND w.kind = 'person' $$;
CREATE FUNCTION t.schools(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(s, ' ' ORDER BY s), '')
      FROM unnest(ARRAY['school.a', 'school.b']) AS s WHERE api.can_access_school(t.d(), t.who(p_person), t.who(s)) $$;
CREATE FUNCTION t.reaches(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(s, ' ' ORDER BY s), '')
      FROM unnest(ARRAY['pupil', 'sibling', 'pupil.b', 'former', 'detached', 'parent']) AS s
     WHERE api.can_access_student(t.d(), t.who(p_person), t.who(s)) $$;

SELECT plan(63);

-- rule: ABN-S2
SELECT is(t.students('school.a', 'active'), 'other pupil sibling', 'the active section has no archived student');
SELECT is(t.students('school.a', 'archived'), 'former', 'the archived section has the archived one');
SELECT is(t.students('school.a', 'all'), 'former other pupil sibling', 'all has both');
SELECT is((SELECT guardians #>> '{0,given_name}' FROM api.school_directory(t.d(), t.who('school.a'), 'archived')),
          'Parent.Former', 'the parents are still shown beside an archived student');
SELECT is((SELECT guardians FROM api.school_directory(t.d(), t.who('school.a'), 'active') WHERE student_id = t.who('other')),
          '[]'::jsonb, 'a student without guardians has an empty list');
SELECT is((SELECT array_agg(archived ORDER BY archived) FROM api.school_directory(t.d(), t.who('school.a'), 'all')),
          ARRAY[false, false, false, true], 'the row says who is archived');
SELECT throws_ok(format('SELECT * FROM api.school_directory(%s, %s, %L)', t.d(), t.who('school.a'), 'old'), '22023', NULL, 'no other section');
SELECT throws_ok(format('SELECT * FROM api.school_directory(%s, -1, %L)', t.d(), 'all'), 'RS008', NULL, 'an unknown school');
SELECT throws_ok(format('SELECT * FROM api.school_directory(%s, %s, %L)', t.who('far'), t.who('school.a'), 'all'), 'RS008', NULL, 'a school of another district');

-- rule: ABN-E1
SELECT ok(t.students('school.a', 'all') !~ 'detached', 'a detached student is in no section');
UPDATE directory.relationship SET suspended = true WHERE student_id = t.who('pupil');
SELECT is((SELECT guardians FROM api.school_directory(t.d(), t.who('school.a'), 'active') WHERE student_id = t.who('pupil')),
          '[]'::jsonb, 'a suspended relationship is not shown');
UPDATE directory.relationship SET suspended = false WHERE student_id = t.who('pupil');

-- rule: ABN-S4
SELECT is(t.schools('pupil'), 'school.a', 'a student sees their school');
SELECT is(t.schools('parent'), 'school.a', 'a guardian sees the school of their student');
SELECT is(t.schools('former'), '', 'an archived student sees no school');
SELECT is(t.schools('parent.former'), '', 'their guardian neither');
SELECT is(t.schools('parent.detached'), '', 'nor the guardian of a detached one');
SELECT is(t.schools('teacher'), 'school.a', 'a teacher sees their school');
SELECT is(t.schools('leader.b'), 'school.b', 'a school leader theirs');
SELECT is(t.schools('chief'), 'school.a school.b', 'a district leader all');
SELECT is(t.schools('stranger'), '', 'a stranger none');
SELECT is(t.schools('far.leader'), '', 'a leader of another district none');
SELECT ok(NOT api.can_access_school(t.who('far'), t.who('far.leader'), t.who('school.a')), 'and not by naming their own district');
SELECT ok(api.can_access_school(t.d(), t.who('chief'), -1) IS FALSE, 'an unknown school is answered with no');

SELECT is(t.reaches('parent.former'), 'former', 'the guardian of an archived student still reaches the student');
SELECT is(t.reaches('parent'), 'pupil sibling', 'a guardian reaches their own students only');
SELECT is(t.reaches('pupil'), 'pupil', 'a student only themselves');
SELECT is(t.reaches('teacher'), 'former pupil sibling', 'a teacher the directory of the school');
SELECT is(t.reaches('teacher.b'), 'pupil.b', 'and no other school''s');
SELECT is(t.reaches('leader'), 'former pupil sibling', 'a school leader the directory of the school, not who was detached');
SELECT is(t.reaches('chief'), 'former pupil pupil.b sibling', 'a district leader that of all schools');
SELECT is(t.reaches('stranger'), '', 'a stranger nobody');
SELECT is(t.reaches('far.leader'), '', 'another district''s leader nobody');
-- rule: ABN-E2
SELECT is(t.reaches('parent.detached'), 'detached', 'EXTREME leaves the guardian linked to the student');
SELECT is((SELECT array_agg(student_id) FROM api.account_students(t.d(), t.who('parent.detached'))), ARRAY[t.who('detached')],
          'who shows in the account settings');
SELECT is(t.bag('parent.detached', 'detached'), '', 'with no backpack');
SELECT is((SELECT count(*) FROM api.account_students(t.d(), t.who('parent'))), 2::bigint, 'account settings list every student');
SELECT is((SELECT count(*) FROM api.account_students(t.who('far'), t.who('parent'))), 0::bigint, 'of the district asked for');

-- rule: ABN-S1
SELECT is(t.rooms('pupil'), 'class.archived class.manual class.synced', 'a student sees their classrooms');
SELECT is(t.rooms('parent'), 'class.archived class.manual class.synced', 'a guardian those of their students');
SELECT is(t.rooms('former'), '', 'an archived student opens no classroom');
SELECT is(t.rooms('parent.former'), '', 'nor do their guardians: neither the school nor any classroom of it');
SELECT is(t.rooms('parent.detached'), '', 'nor the guardians of a detached one');
SELECT is(t.rooms('leader'), 'class.archived class.manual class.synced', 'a leader those of the school');
SELECT is(t.rooms('chief'), 'class.archived class.b class.manual class.synced', 'a district leader all');
SELECT is(t.rooms('colleague'), '', 'a teacher none they do not teach');
SELECT is(t.rooms('stranger'), '', 'a stranger none');
SELECT t.guardian('parent.former', 'sibling');
SELECT is(t.rooms('parent.former'), 'class.synced', 'a guardian stays connected through another student, to that student''s classrooms');
DELETE FROM directory.relationship WHERE guardian_id = t.who('parent.former') AND student_id = t.who('sibling');
-- rule: ABN-2
DELETE FROM directory.role WHERE person_id = t.who('teacher');
DELETE FROM directory.membership WHERE person_id = t.who('teacher') AND classroom_id <> t.who('class.archived');
SELECT is(t.rooms('teacher'), 'class.archived', 'a teacher who left keeps the archived classrooms');
SELECT is(t.schools('teacher'), '', 'but not the school');
-- rule: UPD-8
UPDATE directory.role SET school_id = t.who('school.b') WHERE person_id = t.who('pupil');
DELETE FROM directory.membership WHERE person_id = t.who('pupil') AND classroom_id <> t.who('class.archived');
SELECT is(t.rooms('pupil'), 'class.archived', 'a student who moved keeps the archived classrooms of the old school');
SELECT t.member('class.manual', 'pupil', 'student', false) \g /dev/null
SELECT is(t.rooms('pupil') || t.rooms('parent'), 'class.archivedclass.archived class.synced', 'and opens no active one of it, whatever the roster says');
SELECT is(t.schools('parent'), 'school.a school.b', 'the guardian follows to the new school, and stays where a sibling is');
SELECT is(t.students('school.b', 'active'), 'pupil pupil.b', 'and the student is in the new directory');
-- rule: ABN-S3
SELECT is(t.bag('parent.former', 'former'), 'former in class.archived', 'items in archived classrooms live on, those of classrooms left do not show');
SELECT is(t.bag('former', 'former'), 'former in class.archived', 'for the student too');
SELECT is(t.bag('teacher', 'former'), 'former in class.archived', 'a teacher sees the items of their classroom');
SELECT is(t.bag('colleague', 'former'), '', 'another teacher does not');
SELECT is(t.bag('leader', 'former'), 'former in class.archived', 'the leader of the school does');
SELECT is(t.bag('leader.b', 'former') || t.bag('parent', 'former') || t.bag('stranger', 'former'), '', 'others do not');

-- rule: ABN-S5
SELECT is(t.heard('school.a'), 'chief/district_leader chief.manager/district_leader colleague/teacher leader/school_leader manager/school_leader other/student parent/guardian sibling/student',
          'a school''s audience is exactly who is connected to it');
SELECT ok(t.heard(NULL) !~ 'former|detached|stranger|far' AND t.heard(NULL) ~ 'leader.b/school_leader' AND t.heard(NULL) ~ 'parent.b/guardian',
          'the district''s has everybody connected and nobody who left');
SELECT is((SELECT array_agg(value) FROM api.audience(t.d(), t.who('school.a')) WHERE person_id = t.who('parent')), ARRAY['parent@example.org'],
          'with their credentials');
DELETE FROM directory.credential WHERE person_id = t.who('other');
SELECT is((SELECT array_agg(value) FROM api.audience(t.d(), t.who('school.a')) WHERE person_id = t.who('other')), ARRAY[NULL::text],
          'somebody without one is still in it');
SELECT * FROM finish();
ROLLBACK;
