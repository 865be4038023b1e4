-- What a plan says it does, in people and rooms: each kind of row in it counts in one place, whatever
-- another slot plans meanwhile.
BEGIN;
\ir lib.sql
SELECT plan(14);
-- How often each kind of row is planned, and as what it counts. Another slot has one of each.
CREATE FUNCTION pg_temp.often(n int) RETURNS TABLE (slot smallint, i int) LANGUAGE sql AS
    $$ SELECT 1::smallint, g FROM generate_series(1, n) g UNION ALL SELECT 2::smallint, 0 $$;
CREATE FUNCTION pg_temp.counted(p_kind text) RETURNS text LANGUAGE sql AS
    $$ SELECT concat_ws(' ', c ->> 'added', c ->> 'changed', c ->> 'removed') FROM (SELECT sync.plan_counts(1::smallint) -> p_kind AS c) x $$;
SELECT is(sync.plan_counts(1::smallint) - '{schools,classrooms,student_roles,teacher_roles,memberships,guardianships,credentials,invitations}'::text[],
    '{"skipped": 0, "refused_guardians": 0}', 'an empty plan does nothing');

-- rule: IN-7
INSERT INTO sync.delta_person (slot, op, sourced_id, roles)
SELECT o.slot, k.op, k.op || k.role || o.i, k.role || U&'\001E' || 's1'
FROM (VALUES ('new', 'student', 1), ('new', 'teacher', 1), ('new', 'guardian', 1), ('new', 'parent', 1), ('new', 'relative', 1), ('changed', 'proctor', 1),
             ('gone', 'aide', 1), ('new', 'aide', 3), ('back', 'proctor', 5)) AS k (op, role, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(sync.plan_counts(1::smallint) ->> 'skipped', '8', 'new and returning people of no role that is brought in are skipped');

INSERT INTO sync.plan_school (slot, op, school_id, sourced_id, name, archived)
SELECT o.slot, k.op, 1, 's', 'S', k.archived FROM (VALUES ('add', false, 2), ('add', true, 1), ('change', false, 5), ('change', true, 7)) AS k (op, archived, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('schools'), '3 5 7', 'schools that are archived are removed');

INSERT INTO sync.plan_classroom (slot, op, classroom_id, school_id, synced, disconnects, state)
SELECT o.slot, k.op, 1, 1, k.synced, false, k.state
FROM (VALUES ('add', true, 'active', 2), ('add', false, 'active', 1), ('add', true, 'archived', 1), ('change', true, 'active', 5),
             ('change', false, 'active', 7), ('change', true, 'archived', 11), ('change', false, 'archived', 13)) AS k (op, synced, state, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('classrooms'), '4 5 31', 'classrooms that are archived or the SIS''s no more are removed');

-- Accounts 1 to 40 of the slot: students, teachers who are guardians too, guardians.
INSERT INTO sync.plan_account (slot, account, is_new, is_active, enabled, recorded, live, live_student, live_teacher, live_guardian, is_student, judged, rank, tied, eligible)
SELECT s, g, true, false, false, true, true, g <= 10 / s / s, g <= 20, g > 10, g <= 10, true, 0, false, g % (CASE s WHEN 1 THEN 2 ELSE 5 END) = 0 FROM generate_series(1, 40) g CROSS JOIN generate_series(1, 2) s;
INSERT INTO sync.plan_person (slot, op, account, kind, given_name, family_name)
SELECT 1, CASE WHEN g IN (1, 11, 12, 21, 22, 23) THEN 'add' ELSE 'change' END, g, CASE WHEN g <= 10 THEN 'students' WHEN g <= 20 THEN 'teachers' ELSE 'guardians' END, 'G', 'F' FROM generate_series(1, 40) g WHERE g <= 4 OR g BETWEEN 11 AND 17 OR g > 20;
INSERT INTO sync.plan_person (slot, op, account, kind, given_name, family_name) SELECT 2, o, a, 'students', 'G', 'F' FROM unnest('{add,change}'::text[]) o CROSS JOIN unnest('{1,11,21}'::int[]) a;
SELECT is(concat_ws(', ', pg_temp.counted('students'), pg_temp.counted('teachers'), pg_temp.counted('guardians')), '1 3 0, 2 5 0, 3 17 0', 'each person once');

-- rule: CRED-1
INSERT INTO sync.plan_guardian (slot, account, added) SELECT 1, g, g > 28 FROM generate_series(21, 40) g UNION ALL SELECT 2, g, false FROM generate_series(21, 40) g;
SELECT is(sync.plan_counts(1::smallint) ->> 'refused_guardians', '4', 'who is a guardian by the SIS and not added is refused');

INSERT INTO sync.plan_role (slot, op, account, school_id, role, claim_sis, claim_manual, state)
SELECT o.slot, k.op, 1, 1, k.role, k.claim_sis, true, k.state
FROM (VALUES ('student', 'add', true, 'active', 2), ('student', 'add', false, 'archived', 1), ('student', 'change', true, 'active', 5), ('student', 'change', false, 'active', 1),
             ('student', 'change', true, 'archived', 7), ('student', 'change', false, 'detached', 4), ('student', 'remove', true, 'active', 13), ('student', 'remove', false, 'archived', 1),
             ('teacher', 'add', true, 'active', 3), ('teacher', 'add', false, 'archived', 1), ('teacher', 'change', true, 'active', 6), ('teacher', 'change', true, 'archived', 1),
             ('teacher', 'change', false, 'active', 8), ('teacher', 'change', false, 'archived', 5), ('teacher', 'remove', true, 'active', 17), ('teacher', 'remove', false, 'archived', 1),
             ('leader', 'add', true, 'active', 1), ('leader', 'change', true, 'active', 1), ('leader', 'change', false, 'archived', 1), ('leader', 'remove', true, 'active', 1))
     AS k (role, op, claim_sis, state, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('student_roles'), '3 6 25', 'students who are active no more are removed');
SELECT is(pg_temp.counted('teacher_roles'), '4 7 31', 'teachers who are the SIS''s no more are');

INSERT INTO sync.plan_membership (slot, op, classroom_id, account, role, claim_sis, claim_manual, suspended, detached)
SELECT o.slot, k.op, 1, 1, 'student', k.claim_sis, false, k.suspended, k.detached
FROM (VALUES ('add', true, false, false, 2), ('add', false, true, true, 1), ('change', true, false, false, 5), ('change', true, true, false, 1), ('change', false, false, false, 2),
             ('change', false, true, false, 11), ('change', true, false, true, 13), ('change', false, false, true, 3), ('change', true, true, true, 1), ('remove', true, false, false, 17), ('remove', false, true, true, 1))
     AS k (op, claim_sis, suspended, detached, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('memberships'), '3 8 46', 'who is not in the class any more is removed');

INSERT INTO sync.plan_relationship (slot, op, student, guardian, claim_sis, claim_manual, suspended)
SELECT o.slot, k.op, 1, 2, true, false, k.suspended
FROM (VALUES ('add', false, 2), ('add', true, 1), ('change', false, 5), ('change', true, 7), ('remove', false, 11), ('remove', true, 1)) AS k (op, suspended, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('guardianships'), '3 5 19', 'a guardian who is suspended is removed');

INSERT INTO sync.plan_credential (slot, op, value, kind, account, manual)
SELECT o.slot, k.op, 'v', 'email', 1, false FROM (VALUES ('add', 2), ('change', 5), ('remove', 8)) AS k (op, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('credentials'), '2 5 8', 'credentials');
INSERT INTO sync.plan_invitation (slot, op, account, kind, value)
SELECT o.slot, k.op, 1, 'email', 'v' FROM (VALUES ('add', 2), ('remove', 7)) AS k (op, n) CROSS JOIN pg_temp.often(k.n) o;
SELECT is(pg_temp.counted('invitations'), '2 0 7', 'invitations');

SELECT is(pg_temp.counted('schools') || pg_temp.counted('classrooms'), '3 5 74 5 31', 'and no kind is another''s');
SELECT is((SELECT count(*) FROM jsonb_object_keys(sync.plan_counts(1::smallint))), 13::bigint, 'of thirteen');
SELECT * FROM finish();
ROLLBACK;
