-- What the guard counts as lost, announced and added: each condition of it on a plan made by hand, beside another slot and
-- another district with the same numbers.
BEGIN;
SELECT plan(14);
\ir lib.sql
SELECT test.district('elm') AS elm \gset
SELECT test.district() AS oak \gset
-- The plans are no district's that could be: nobody's rows are complete.
SET LOCAL session_replication_role = replica;
SELECT test.two_scopes(:oak, :elm);
UPDATE sync.scope SET contested = '{held,shared}';
CREATE FUNCTION test.item(p_slot integer, p_what text, p_kind text, p_one bigint) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active) VALUES (p_slot, p_what, p_kind, 1, 0, p_one, false) $$;
CREATE FUNCTION test.items(p_kinds text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(x.kind || ' ' || x.what || ': ' || x.all_of, E'\n' ORDER BY x.kind, x.what) FROM (
        SELECT i.kind, i.what, string_agg(i.one || coalesce('/' || i.other, '') || '@' || i.school_id || CASE WHEN i.is_active THEN '*' ELSE '' END, ' ' ORDER BY i.one, i.other, i.school_id) AS all_of
        FROM sync.plan_item i WHERE i.slot = 0 AND i.kind = ANY (p_kinds) AND i.item <> 1 GROUP BY i.kind, i.what) x $$;
CREATE FUNCTION test.account(VARIADIC p_accounts bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sync.plan_account (slot, account, sourced_id, is_new, is_active, enabled, recorded, live, live_student, live_teacher, live_guardian, is_student, judged, rank, tied, eligible)
    SELECT 0, a, 'r' || a, false, false, false, true, true, false, false, false, false, true, 1, false, true FROM unnest(p_accounts) a $$;
CREATE FUNCTION test.role_of(p_account bigint, p_op text, p_state text, p_school bigint DEFAULT 1, p_role text DEFAULT 'student', p_slot integer DEFAULT 0) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO sync.plan_role (slot, op, account, school_id, role, claim_sis, claim_manual, state) VALUES (p_slot, p_op, p_account, p_school, p_role, true, false, p_state) $$;
CREATE FUNCTION test.was(p_account bigint, p_state text DEFAULT 'active', p_school bigint DEFAULT 1, p_role text DEFAULT 'student', d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, state) VALUES (d, p_account, p_school, p_role, true, p_state) $$;
CREATE FUNCTION test.record(p_account bigint, p_roles text DEFAULT '', p_live boolean DEFAULT true) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, live, changed_by_run) VALUES (test.d(), 'r' || p_account, 'A', 'B', p_roles, p_account, p_live, 1) $$;
CREATE FUNCTION test.enrolled(p_account bigint, p_end date, p_class text DEFAULT 'c1', p_role text DEFAULT 'student', p_begin date DEFAULT NULL, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, begin_date, end_date, changed_by_run)
    VALUES (d, concat_ws('/', p_account, p_class, p_role, p_begin, p_end), p_class, 'r' || p_account, p_role, p_begin, p_end, 1) $$;
CREATE FUNCTION test.pinned(p_op text, p_kind text, p_id bigint, p_slot integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$ INSERT INTO sync.plan_pin VALUES (p_slot, p_op, p_kind, p_id, false) $$;
CREATE FUNCTION test.pair(p_student bigint, p_guardian bigint, p_op text, p_now text DEFAULT 's', p_was text DEFAULT 's', p_slot integer DEFAULT 0, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, suspended) SELECT d, p_student, p_guardian, true, p_was ~ 'x' WHERE p_was <> '' ON CONFLICT DO NOTHING;
    INSERT INTO sync.plan_relationship (slot, op, student, guardian, claim_sis, claim_manual, suspended) SELECT p_slot, p_op, p_student, p_guardian, true, false, p_now ~ 'x' WHERE p_now <> '' $$;
INSERT INTO sis.org (district_id, sourced_id, name, type, live, changed_by_run) VALUES (:oak, 'o1', 'S', 'School', true, 1), (:oak, 'o2', 'D', 'district', true, 1), (:oak, 'o3', 'G', 'school', false, 1),
    (:elm, 'o2', 'D', 'school', true, 1), (:elm, 'o3', 'G', 'school', true, 1);
INSERT INTO sis.class (district_id, sourced_id, title, school, live, changed_by_run) VALUES (:oak, 'c1', 'C', 'o1', true, 1), (:oak, 'c2', 'C', 'o1', false, 1), (:oak, 'c3', 'C', 'o2', true, 1), (:oak, 'c4', 'C', 'o3', true, 1), (:elm, 'c2', 'C', 'o1', true, 1);

-- rule: SAFE-3
-- People: who was active somewhere and is it nowhere any more.
SAVEPOINT clean;
SELECT test.account(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
SELECT test.was(n) FROM unnest('{1,2,3,5,6,7,8,9,12}'::bigint[]) n;
SELECT test.was(4, 'archived'), test.was(4, d => :elm), test.was(1, 'archived', d => :elm), test.was(10, 'active', 1, 'school_leader'), test.was(11, 'active', 1, 'teacher'), test.was(4, 'active', 1, 'teacher');
SELECT test.role_of(n, 'remove', 'active') FROM unnest('{1,4,5,6,7,8}'::bigint[]) n;
SELECT test.role_of(2, 'change', 'archived'), test.role_of(3, 'change', 'active'), test.role_of(9, 'add', 'archived'), test.role_of(10, 'remove', 'active', 1, 'school_leader'), test.role_of(11, 'remove', 'active', 1, 'teacher'),
       test.role_of(5, 'add', 'active', 2), test.role_of(6, 'remove', 'active', 2), test.role_of(7, 'keep', 'active', 2, 'teacher'), test.role_of(8, 'keep', 'archived', 2),
       test.role_of(1, 'add', 'active', 2, 'student', 1), test.role_of(12, 'remove', 'active', 1, 'student', 1);
UPDATE sync.plan_account SET is_active = true WHERE account = 2;
INSERT INTO sync.plan_account SELECT 1, account, sourced_id, is_new, true, enabled, recorded, live, live_student, live_teacher, live_guardian, is_student, judged, rank, tied, eligible FROM sync.plan_account WHERE account = 1;
SELECT sync.guard_people(0::smallint);
SELECT is(test.items('{students,teachers,school_leaders}'), E'students loss: 1@1 2@1* 6@1 7@1 8@1\nteachers loss: 11@1', 'people who leave their last school are lost');
SELECT test.items('{students,teachers,school_leaders}') AS lost \gset
DELETE FROM sync.plan_item WHERE slot = 0;
UPDATE sync.scope SET whole = true WHERE slot = 0;
SELECT sync.guard_people(0::smallint);
SELECT is(test.items('{students,teachers,school_leaders}'), :'lost', 'also of a whole district');
ROLLBACK TO clean;

-- Announced by the dates of an earlier file, and standing by nothing else.
SELECT test.was(n), test.role_of(n, 'remove', 'active') FROM generate_series(21, 37) n;
SELECT test.account(VARIADIC ARRAY(SELECT generate_series(21, 37)));
SELECT test.record(n) FROM unnest('{21,22,23,26,28,29,30,31,32,33,36}'::bigint[]) n;
SELECT test.record(24, U&'student\001Eo1'), test.record(25, U&'student\001Eo9\001Fteacher\001Eo1'), test.record(27, '', false), test.record(34, U&'student\001Eo2'), test.record(35);
SELECT test.enrolled(n, '2026-09-30') FROM unnest('{21,23,24,25,27,31,32,33,34,37}'::bigint[]) n;
SELECT test.enrolled(22, '2026-10-01'), test.enrolled(23, '2026-10-02'), test.enrolled(26, '2026-09-30', 'c1', 'teacher'), test.enrolled(28, '2026-09-30', 'c2'), test.enrolled(29, '2026-09-30', 'c3'),
       test.enrolled(30, '2026-09-30', 'c4'), test.enrolled(35, '2026-09-30', d => :elm), test.enrolled(36, NULL, 'c1', 'student', '2027-01-01'),
       test.pinned('remove', 'person', 31), test.pinned('keep', 'person', 32), test.pinned('remove', 'classroom', 33), test.pinned('remove', 'person', 21, 1), test.item(1, 'loss', 'students', 21);
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:elm, 'r37', 'A', 'B', '', 37, 1);
CREATE TABLE test.expected AS SELECT E'students dated: 21@1 25@1 32@1 33@1 34@1\nstudents loss: 22@1 23@1 24@1 26@1 27@1 28@1 29@1 30@1 31@1 35@1 36@1 37@1'::text AS people;
SELECT sync.guard_people(0::smallint);
SELECT is(test.items('{students}'), people, 'but who goes by an announced date is not counted') FROM test.expected;
SELECT is((SELECT string_agg(what, ' ') FROM sync.plan_item WHERE slot = 1), 'loss', 'in this slot');
DELETE FROM sync.plan_item WHERE slot = 0;
UPDATE sync.scope SET whole = true WHERE slot = 0;
SELECT sync.guard_people(0::smallint);
SELECT is(test.items('{students}'), people, 'nor if the whole district is looked at') FROM test.expected;
ROLLBACK TO clean;

-- Memberships.
INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced, state) VALUES (:oak, 101, 1, 'c1', 'C', true, 'active'), (:oak, 102, 1, 'c2', 'C', true, 'archived'), (:oak, 104, 1, 'c5', 'C', true, 'active'), (:oak, 105, 1, 'c6', 'C', true, 'active'), (:elm, 102, 1, 'c2', 'C', true, 'active');
CREATE FUNCTION test.place(p_account bigint, p_op text, p_was text DEFAULT 's', p_now text DEFAULT 's', p_room bigint DEFAULT 101, p_slot integer DEFAULT 0, p_role text DEFAULT 'student') RETURNS void LANGUAGE sql AS $$
    -- s: by the SIS, m: by hand, x: suspended, d: detached
    INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual, suspended, detached)
    VALUES (test.d(), p_room, p_account, p_role, p_was ~ 's', p_was ~ 'm', p_was ~ 'x', p_was ~ 'd');
    INSERT INTO sync.plan_membership (slot, op, classroom_id, account, role, claim_sis, claim_manual, suspended, detached)
    VALUES (p_slot, p_op, p_room, p_account, 'student', p_now ~ 's', p_now ~ 'm', p_now ~ 'x', p_now ~ 'd') $$;
SELECT test.place(51, 'remove'), test.place(52, 'change', 's', 'sd'), test.place(53, 'change', 'sm', 'mx'), test.place(54, 'change', 's', 'sx'), test.place(55, 'change', 'sm', 'm'), test.place(56, 'remove', 'sd'),
       test.place(57, 'remove', 'mx'), test.place(58, 'remove', 'm'), test.place(59, 'remove', p_room => 102), test.place(60, 'add', 's', 'sd'), test.place(61, 'remove', p_role => 'teacher'), test.place(77, 'remove', p_slot => 1),
       test.place(50, 'remove', 'sx'), test.place(49, 'remove', ''), test.place(78, 'remove'), test.place(78, 'remove', p_room => 104), test.place(79, 'remove'), test.place(80, 'remove', p_room => 105);
INSERT INTO sis.session (district_id, sourced_id, title, type, end_date, changed_by_run) VALUES (:oak, 'past', 'T', 'term', '2026-09-30', 1);
INSERT INTO sis.class (district_id, sourced_id, title, school, terms, changed_by_run) VALUES (:oak, 'c6', 'C', 'o1', '{past}', 1);
UPDATE sync.scope SET classes = '{c6}' WHERE slot = 0;
SELECT test.record(78), test.record(79), test.enrolled(78, '2026-09-30'), test.enrolled(78, '2026-10-02', 'c5'), test.enrolled(79, '2026-09-30'), test.enrolled(79, '2027-06-01', 'c1', 'student', '2027-01-01');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (:oak, 103, 56, 'student', true);
SELECT test.place(n, 'remove') FROM generate_series(62, 76) n WHERE n <> 68;
SELECT test.place(68, 'remove', 'sm');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (:elm, 101, 57, 'student', true);
SELECT test.role_of(62, 'keep', 'active', 2), test.role_of(63, 'keep', 'active', 2), test.role_of(63, 'keep', 'active', 1), test.role_of(64, 'keep', 'active', 2, 'teacher'), test.role_of(65, 'remove', 'active', 2),
       test.role_of(66, 'keep', 'archived', 2), test.role_of(51, 'keep', 'active', 2, 'student', 1),
       test.record(51), test.record(67), test.record(68), test.record(69), test.record(70), test.record(71), test.record(72), test.record(73),
       test.enrolled(67, '2026-09-30'), test.enrolled(68, '2026-09-30'), test.enrolled(69, '2026-09-30'), test.enrolled(70, '2026-09-30'), test.enrolled(70, '2026-10-01'), test.enrolled(71, '2026-09-30', 'c9'),
       test.enrolled(72, '2026-09-30', 'c1', 'teacher'), test.enrolled(73, NULL, 'c1', 'student', '2027-01-01'), test.enrolled(51, '2026-09-30', d => :elm), test.enrolled(52, '2026-09-30'),
       test.pinned('remove', 'person', 69), test.pinned('keep', 'person', 67), test.pinned('remove', 'classroom', 67), test.pinned('remove', 'person', 67, 1),
       test.item(0, 'dated', 'students', 74), test.item(0, 'dated', 'teachers', 75), test.item(0, 'loss', 'students', 76), test.item(1, 'dated', 'students', 51), test.item(0, 'dated', 'classrooms', 58);
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:elm, 'r52', 'A', 'B', '', 52, 1);
CREATE TABLE test.expected AS SELECT E'memberships dated: 101/62@1 101/67@1 101/74@1 101/78@1 101/79@1 105/80@1\nmemberships loss: 101/50@1 101/51@1 101/52@1 101/53@1 101/58@1 101/63@1 101/64@1 101/65@1 101/66@1 101/68@1 101/69@1 101/70@1 101/71@1 101/72@1 101/73@1 101/75@1 101/76@1 104/78@1'::text AS places;
SELECT sync.guard_memberships(0::smallint);
SELECT is(test.items('{memberships}'), places, 'places that are taken away, but for what was announced and who goes on elsewhere') FROM test.expected;
DELETE FROM sync.plan_item WHERE slot = 0 AND kind = 'memberships';
UPDATE sync.scope SET whole = true WHERE slot = 0;
SELECT sync.guard_memberships(0::smallint);
SELECT is(test.items('{memberships}'), places, 'also of a whole district') FROM test.expected;
DELETE FROM sync.plan_item WHERE slot = 0 AND kind = 'memberships';
DELETE FROM sync.plan_membership WHERE account <> 67;
SELECT sync.guard_memberships(0::smallint);
SELECT is(test.items('{memberships}'), 'memberships dated: 101/67@1', 'and of one alone');
ROLLBACK TO clean;

-- Classrooms.
INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced, state) SELECT :oak, n, 1, 'k' || n, 'C', true, CASE n WHEN 114 THEN 'archived' ELSE 'active' END FROM generate_series(111, 123) n;
INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced, state) VALUES (:elm, 114, 1, 'k114', 'C', true, 'active');
INSERT INTO sync.plan_classroom (slot, op, classroom_id, school_id, synced, disconnects, state, archived_by)
SELECT CASE n WHEN 123 THEN 1 ELSE 0 END, CASE n WHEN 115 THEN 'add' ELSE 'change' END, n, 1, true, n = 112, CASE WHEN n IN (112, 113) THEN 'active' ELSE 'archived' END, CASE WHEN n >= 116 THEN 'ended' WHEN n NOT IN (112, 113) THEN 'sis' END
FROM generate_series(111, 123) n;
SELECT test.enrolled(1, '2026-10-01', 'k117'), test.enrolled(1, '2026-09-30', 'k116'), test.enrolled(1, '2026-10-01', 'k118', 'teacher'), test.enrolled(1, '2026-10-01', 'k122', d => :elm), test.pinned('remove', 'classroom', 119),
       test.pinned('keep', 'classroom', 120), test.pinned('remove', 'person', 121), test.pinned('remove', 'classroom', 116, 1);
INSERT INTO sis.session (district_id, sourced_id, title, type, end_date, changed_by_run) VALUES (:oak, 'past', 'T', 'term', '2026-09-30', 1);
INSERT INTO sis.class (district_id, sourced_id, title, school, terms, changed_by_run) VALUES (:oak, 'k111', 'C', 'o1', '{past}', 1);
UPDATE sync.scope SET whole = true, classrooms = '{}' WHERE slot = 0;
SELECT sync.guard_classrooms(0::smallint);
SELECT is(test.items('{classrooms}'), E'classrooms dated: 111@1 116@1 118@1 120@1 121@1 122@1\nclassrooms loss: 112@1 117@1 119@1', 'classrooms that are archived or let go, but for those that end by date');
ROLLBACK TO clean;

-- Relationships, and the guardians who have no other.
SELECT test.pair(201, 301, 'remove'), test.pair(202, 302, 'change', 'x'), test.pair(203, 303, 'change'), test.pair(204, 304, 'remove'), test.pair(224, 304, 'keep'), test.pair(205, 305, 'remove'), test.pair(225, 305, 'keep'),
       test.pair(206, 306, 'remove'), test.pair(226, 306, 'keep', 'x', 'x'), test.pair(207, 307, 'keep'), test.pair(208, 308, 'remove'), test.pair(209, 309, 'keep'), test.pair(210, 310, 'remove', 's', 'x'), test.pair(211, 311, 'remove'),
       test.pair(212, 312, 'keep'), test.pair(213, 313, 'remove'), test.pair(233, 313, 'remove', 's', 'x'), test.pair(214, 314, 'remove'), test.pair(234, 314, 'keep'), test.pair(215, 315, 'remove', p_slot => 1), test.pair(216, 316, 'remove'),
       test.pair(236, 316, 'keep', 's', ''), test.pair(210, 310, 'keep', '', 's', d => :elm), test.pair(217, 317, 'remove'), test.pair(237, 317, 'keep', 's', '', 1), test.pair(218, 318, 'keep'), test.pair(238, 318, 'keep', '', 's', d => :elm),
       test.pair(204, 319, 'keep'), test.pair(219, 320, 'keep'), test.pair(238, 301, 'keep', '', 's', d => :elm);
SELECT test.was(n, CASE n WHEN 211 THEN 'archived' ELSE 'active' END) FROM generate_series(201, 218) n;
SELECT test.was(210, d => :elm), test.was(238, 'active', 5, d => :elm), test.was(224), test.was(219);
INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active) VALUES (0, 'loss', 'memberships', 1, 0, 1, 303, false), (0, 'withheld', 'guardianships', 1, 0, 1, 303, false), (1, 'loss', 'guardianships', 1, 0, 1, 303, false);
SELECT test.role_of(224, 'keep', 'active'), test.role_of(225, 'keep', 'archived'), test.role_of(226, 'keep', 'active'), test.role_of(233, 'keep', 'active'), test.role_of(234, 'keep', 'active', 1, 'teacher'), test.role_of(236, 'keep', 'active', 1, 'student', 1),
       test.role_of(237, 'keep', 'active'), test.role_of(207, 'remove', 'active'),
       test.item(0, 'loss', 'students', 207), test.item(0, 'dated', 'students', 208), test.item(0, 'loss', 'teachers', 209), test.item(1, 'loss', 'students', 212), test.item(1, 'dated', 'students', 201), test.item(0, 'dated', 'teachers', 201),
       test.item(0, 'withheld', 'students', 219), test.item(0, 'loss', 'students', 238);
SELECT test.account(VARIADIC ARRAY(SELECT generate_series(301, 320)));
UPDATE sync.plan_account SET is_active = true WHERE account IN (302, 307);
INSERT INTO sync.plan_account SELECT 1, account, sourced_id, is_new, NOT is_active, enabled, recorded, live, live_student, live_teacher, live_guardian, is_student, judged, rank, tied, eligible FROM sync.plan_account;
UPDATE sync.scope SET whole = true, judged_accounts = '{}' WHERE slot = 0;
SELECT sync.guard_guardians(0::smallint);
SELECT is(test.items('{guardians,guardianships}'), E'guardians loss: 301@1 302@1* 305@1 306@1 307@1* 313@1 314@1 316@1 317@1\nguardianships loss: 201/301@1 202/302@1* 204/304@1 205/305@1 206/306@1 208/308@1 213/313@1 214/314@1 216/316@1 217/317@1',
    'relationships that end, and guardians who are left without a child');
ROLLBACK TO clean;

-- rule: SAFE-9
-- What comes in: accounts and relationships that were not there, and invitees who change.
SELECT test.account(VARIADIC ARRAY(SELECT generate_series(401, 435)));
INSERT INTO sync.plan_person (slot, op, account, given_name, family_name) VALUES (1, 'add', 420, 'Amy', 'Ash');
UPDATE sync.plan_account SET live_student = account IN (401, 417), live_teacher = account IN (402, 417), is_active = account IN (406, 424), live = account <> 407, is_new = account = 408;
INSERT INTO sync.plan_account SELECT 1, account, 'other', true, true, enabled, recorded, live, true, live_teacher, live_guardian, is_student, judged, rank, tied, eligible FROM sync.plan_account WHERE account < 430;
UPDATE sync.plan_account SET is_new = false, is_active = false WHERE slot = 1 AND account = 406;
UPDATE sync.plan_account SET sourced_id = NULL WHERE slot = 0 AND account IN (422, 430);
INSERT INTO directory.person (district_id, person_id, given_name, family_name) SELECT :oak, n, 'Ann', 'Ash' FROM generate_series(404, 420) n WHERE n <> 417;
INSERT INTO directory.person (district_id, person_id, given_name, family_name) VALUES (:elm, 405, 'Eve', 'Elm');
INSERT INTO sync.plan_person (slot, op, account, given_name, family_name)
SELECT CASE n WHEN 418 THEN 1 ELSE 0 END, CASE WHEN n < 404 OR n = 417 THEN 'add' ELSE 'change' END, n, CASE n WHEN 405 THEN 'Ann' ELSE 'Amy' END, 'Ash' FROM unnest('{401,402,403,404,405,406,407,408,409,417,418,419}'::bigint[]) n;
INSERT INTO sync.plan_credential (slot, op, value, kind, account, manual) VALUES (0, 'add', 'a', 'email', 410, false), (0, 'remove', 'b', 'email', 411, false), (0, 'keep', 'c', 'email', 412, false), (0, 'keep', 'held', 'email', 413, false),
    (0, 'keep', 'shared', 'email', 415, false), (1, 'add', 'd', 'email', 416, false), (1, 'keep', 'held', 'email', 420, false);
INSERT INTO directory.credential (district_id, person_id, kind, value) VALUES (:oak, 414, 'email', 'held'), (:oak, 415, 'email', 'shared'), (:elm, 416, 'email', 'shared'), (:oak, 412, 'email', 'c');
SELECT test.item(0, 'loss', 'students', 409), test.item(0, 'loss', 'memberships', 404), test.item(1, 'loss', 'students', 404),
       test.role_of(401, 'add', 'active', 1), test.role_of(401, 'add', 'active', 2), test.role_of(401, 'remove', 'active', 3), test.role_of(401, 'keep', 'archived', 4), test.role_of(401, 'add', 'active', 5, 'school_leader'), test.role_of(401, 'add', 'active', 6, 'student', 1),
       test.role_of(402, 'add', 'active', 1, 'teacher'), test.role_of(421, 'keep', 'active', 7, 'teacher'), test.role_of(421, 'keep', 'active', 8),
       test.pair(401, 403, 'add', 's', ''), test.pair(421, 424, 'change', 's', ''), test.pair(421, 425, 'change'), test.pair(421, 426, 'change', 's', 'x'), test.pair(421, 427, 'add', 'x', ''), test.pair(421, 428, 'keep', 's', ''), test.pair(421, 429, 'add', 's', '', 1),
       test.pair(422, 430, 'add', 's', ''), test.pair(421, 431, 'add', 's', ''), test.pair(421, 431, 'keep', '', 's', d => :elm), test.pair(402, 432, 'remove', 's', ''), test.pair(423, 431, 'keep', '', 's'), test.pair(421, 433, 'keep', '', 's'),
       test.pair(421, 403, 'keep', 's', ''), test.role_of(423, 'keep', 'active', 9), test.pair(423, 403, 'remove', 's', '');
SELECT sync.guard_additions(0::smallint);
SELECT is(test.items('{students,teachers,guardians,invitees,guardianships}'), E'guardians addition: 403@1 403@2 403@8\nguardianships addition: 401/403@1 401/403@2 421/424@8* 421/426@8 421/431@8 422/430@0\ninvitees addition: 404@0 410@0 411@0 413@0 414@0 419@0\nstudents addition: 401@1 401@2 417@0\nteachers addition: 402@1',
    'people and relationships that were not there, and invitees who change');
SELECT is((SELECT string_agg((i.item = hashtextextended('added ' || x.item, 0))::text, ' ') FROM sync.plan_item i JOIN (VALUES (424, 'guardianships r421 r424'), (430, 'guardianships #422 #430')) AS x (other, item) USING (other) WHERE i.slot = 0), 'true true',
    'by their ids in the SIS, which a new plan gives them again');
SELECT is((SELECT count(*) - count(DISTINCT (kind, item, school_id)) FROM sync.plan_item WHERE slot = 0 AND what = 'addition'), 0::bigint, 'each with a number of its own');
SELECT count(*) AS added FROM sync.plan_item WHERE slot = 0 AND what = 'addition' \gset
DELETE FROM sync.plan_item WHERE slot = 0 AND item <> 1;
UPDATE sync.scope SET whole = true, accounts = '{}', judged_accounts = '{}', contested = '{}' WHERE slot = 0;
SELECT sync.guard_additions(0::smallint);
SELECT is((SELECT count(*) FROM sync.plan_item WHERE slot = 0 AND what = 'addition'), :added::bigint, 'and as many if the whole district is looked at');
SELECT * FROM finish();
ROLLBACK;
