-- The guard's small parts, each on a difference made by hand, beside another slot and another district with the same ids and numbers.
BEGIN;
SELECT plan(48);
\ir lib.sql
SELECT test.district('elm') AS elm \gset
SELECT test.district() AS oak \gset
INSERT INTO sync.scope (slot, run_id, district_id, today, staged, marks, whole, classes, settings_version, relatives_are_guardians, phone_is_credential, abandonment,
                        abandoned_classrooms, unarchive_reappearing, update_active_users, merge_duplicate_guardians)
SELECT slot, slot + 1, CASE slot WHEN 0 THEN :oak ELSE :elm END, '2026-10-01', true, '{}', false, '{k1,k2,k3,k4,k5,k6,k9}', 1, true, true, 'soft', 'archive', true, false, false FROM generate_series(0, 1) slot;
CREATE FUNCTION test.item(p_slot integer, p_what text, p_kind text, p_one bigint, p_other bigint DEFAULT NULL, p_item bigint DEFAULT 1) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active) VALUES (p_slot, p_what, p_kind, p_item, 0, p_one, p_other, false) $$;
-- What of a difference is left in the slot.
CREATE FUNCTION test.left_of(p_kind text, p_slot integer DEFAULT 0) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_left text;
BEGIN
    EXECUTE format('SELECT string_agg(%1$s, '' '' ORDER BY %1$s COLLATE "C") FROM sync.delta_%2$s WHERE slot = %3$s', CASE p_kind WHEN 'link' THEN 'student || ''/'' || guardian' ELSE 'sourced_id' END, p_kind, p_slot) INTO v_left;
    RETURN v_left;
END $$;
CREATE FUNCTION test.aside(p_kind text, p_slot integer DEFAULT 0) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(w.sourced_id || coalesce('/' || w.other, '') || CASE WHEN w.gone THEN '' ELSE '*' END, ' ' ORDER BY w.sourced_id, w.other)
    FROM sync.delta_withheld w WHERE w.slot = p_slot AND w.kind = p_kind $$;
-- All of a difference, to the last value.
CREATE FUNCTION test.all_of(p_slot integer) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(x::text, E'\n' ORDER BY x::text COLLATE "C") FROM (
        SELECT o::text FROM sync.delta_org o WHERE slot = p_slot UNION ALL SELECT c::text FROM sync.delta_class c WHERE slot = p_slot UNION ALL
        SELECT p::text FROM sync.delta_person p WHERE slot = p_slot UNION ALL SELECT l::text FROM sync.delta_link l WHERE slot = p_slot UNION ALL
        SELECT e::text FROM sync.delta_enrollment e WHERE slot = p_slot) x $$;

-- rule: SAFE-3
SAVEPOINT clean;
INSERT INTO sync.delta_person (slot, op, sourced_id, given_name, line)
SELECT slot, op, op || n, 'Ann', 7 FROM generate_series(0, 1) slot, unnest('{gone,changed,back,new}'::text[]) op, generate_series(1, 2) n;
SELECT sync.guard_take(0::smallint, 'person', '{gone1,changed1,back1,new1}', false);
SELECT is(test.left_of('person'), 'back1 back2 changed1 changed2 gone2 new1 new2', 'of those named, who is gone is taken out');
SELECT is(test.aside('person'), 'gone1', 'and kept aside');
SELECT sync.guard_take(0::smallint, 'person', '{gone1,changed1,back1,new1}', true);
SELECT is(test.left_of('person'), 'back1 back2 changed2 gone2 new1 new2', 'or also who changed');
SELECT is(test.aside('person'), 'changed1* gone1', 'as what it was');
SELECT is((SELECT string_agg(concat_ws(' ', line ->> 'op', line ->> 'given_name', line ->> 'line'), ', ' ORDER BY sourced_id) FROM sync.delta_withheld WHERE slot = 0), 'changed Ann 7, gone Ann 7', 'with all of it');
SELECT is(test.left_of('person', 1), 'back1 back2 changed1 changed2 gone1 gone2 new1 new2', 'the other slot has what it had');
ROLLBACK TO clean;

-- Enrollments: of people, rooms and places that are withheld, and of people and classes that are kept.
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) SELECT :oak, id, 'A', 'B', 'student', n, 1
FROM (VALUES ('student', 1), ('teacher', 2), ('kept', 3), ('changed', 4), ('member', 5), ('guardian', 6), ('nobody', 7)) AS x (id, n);
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:elm, 'nobody', 'A', 'B', 'student', 1, 1);
INSERT INTO sis.class (district_id, sourced_id, title, school, classroom_id, changed_by_run) SELECT :oak, id, 'C', 's1', n, 1 FROM (VALUES ('room', 11), ('stays', 12), ('place', 15), ('plain', 16), ('one', 1)) AS x (id, n);
INSERT INTO sis.class (district_id, sourced_id, title, school, classroom_id, changed_by_run) VALUES (:elm, 'plain', 'C', 's1', 11, 1);
INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, changed_by_run) SELECT :oak, person || '.' || class, class, person, 'student', 1
FROM (VALUES ('student', 'plain'), ('teacher', 'plain'), ('kept', 'plain'), ('changed', 'plain'), ('member', 'plain'), ('member', 'place'), ('guardian', 'plain'),
             ('nobody', 'plain'), ('nobody', 'room'), ('nobody', 'stays'), ('nobody', 'place'), ('nobody', 'one'), ('unknown', 'room'), ('student', 'unknown')) AS x (person, class);
INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, changed_by_run) SELECT :elm, e.sourced_id, 'room', 'student', 'student', 1 FROM sis.enrollment e WHERE e.district_id = :oak;
INSERT INTO sync.delta_enrollment (slot, op, sourced_id) SELECT slot, CASE WHEN e.class = 'plain' THEN 'gone' ELSE 'changed' END, e.sourced_id FROM sis.enrollment e, generate_series(0, 1) slot WHERE e.district_id = :oak AND (slot = 0 OR e.sourced_id <> 'student.plain');
INSERT INTO sync.delta_enrollment (slot, op, sourced_id) VALUES (0, 'new', 'new');
SELECT test.item(0, 'withheld', 'students', 1), test.item(0, 'withheld', 'teachers', 2), test.item(0, 'withheld', 'classrooms', 11), test.item(0, 'withheld', 'memberships', 15, 5),
       -- numbers of other things, what is lost and not withheld, and the other slot's
       test.item(0, 'withheld', 'guardians', 6), test.item(0, 'withheld', 'guardianships', 16, 7), test.item(0, 'loss', 'students', 7), test.item(0, 'loss', 'classrooms', 16), test.item(1, 'withheld', 'students', 7);
INSERT INTO sync.delta_withheld (slot, kind, sourced_id, gone, line) VALUES (0, 'person', 'kept', true, '{}'), (0, 'person', 'changed', false, '{}'), (0, 'class', 'stays', true, '{}'),
    (0, 'class', 'nobody', true, '{}'), (0, 'person', 'plain', true, '{}'), (1, 'person', 'nobody', true, '{}');
SELECT sync.guard_take_enrollments(0::smallint);
SELECT is(test.left_of('enrollment'), 'changed.plain guardian.plain member.plain new nobody.one nobody.place nobody.plain', 'enrollments of nobody who is withheld, at nothing that is, stay in the difference');
SELECT is(test.aside('enrollment'), 'kept.plain member.place* nobody.room* nobody.stays* student.plain student.unknown* teacher.plain unknown.room*', 'the others are kept aside');
SELECT is(test.left_of('enrollment', 1), 'changed.plain guardian.plain kept.plain member.place member.plain nobody.one nobody.place nobody.plain nobody.room nobody.stays student.unknown teacher.plain unknown.room', 'the other slot''s are as they were');
ROLLBACK TO clean;

-- Relationships that end: withheld themselves, or of a guardian who is.
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run)
SELECT :oak, id, 'A', 'B', 'student', n, 1 FROM (VALUES ('s1', 21), ('s2', 22), ('s3', 23), ('s4', 24), ('s5', 25), ('s6', 26), ('s7', 27), ('g1', 31), ('g2', 32), ('g3', 33)) AS x (id, n);
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:elm, 's2', 'A', 'B', 'student', 21, 1), (:elm, 'g2', 'A', 'B', 'guardian', 31, 1);
INSERT INTO sync.delta_link (slot, op, student, guardian, by_student, by_guardian, both_needed)
SELECT slot, op, student, guardian, by_student, by_guardian, both_needed FROM generate_series(0, 1) slot, (VALUES
    ('changed', 's2', 'g1', false, false, false), ('changed', 's1', 'g2', false, false, false), ('changed', 's2', 'g2', false, false, false),
    ('changed', 's1', 'g1', true, false, false), ('changed', 's6', 'g1', false, true, false), ('changed', 's3', 'g1', true, false, true),
    ('changed', 's4', 'g1', true, true, true), ('changed', 's7', 'g1', false, true, true), ('changed', 's1', 'g3', false, false, false), ('new', 's5', 'g1', false, false, false)) AS x (op, student, guardian, by_student, by_guardian, both_needed)
WHERE slot = 0 OR (student, guardian) <> ('s2', 'g1');
SELECT test.item(0, 'withheld', 'guardians', 31), test.item(0, 'withheld', 'guardianships', 21, 32),
       test.item(0, 'loss', 'guardians', 32), test.item(0, 'withheld', 'students', 32), test.item(0, 'loss', 'guardianships', 22, 32), test.item(0, 'withheld', 'memberships', 22, 32),
       test.item(1, 'withheld', 'guardians', 32), test.item(1, 'withheld', 'guardianships', 22, 32);
SELECT sync.guard_take_links(0::smallint);
SELECT is(test.left_of('link'), 's1/g1 s1/g3 s2/g2 s4/g1 s5/g1 s6/g1', 'relationships that go on, or may end, stay in the difference');
SELECT is(test.aside('link'), 's1/g2 s2/g1 s3/g1 s7/g1', 'withheld ones, and those of a withheld guardian, are kept aside');
SELECT is(test.left_of('link', 1), 's1/g1 s1/g2 s1/g3 s2/g2 s3/g1 s4/g1 s5/g1 s6/g1 s7/g1', 'the other slot''s are as they were');

-- and all of it comes back
INSERT INTO sync.delta_link VALUES (1, 'changed', 's2', 'g1', false, false, false);
INSERT INTO sync.delta_org (slot, op, sourced_id, name) SELECT slot, 'gone', 'o', 'O' FROM generate_series(0, 1) slot;
INSERT INTO sync.delta_class (slot, op, sourced_id, title, terms) SELECT slot, 'gone', 'c', 'C', '{a,b}' FROM generate_series(0, 1) slot;
INSERT INTO sync.delta_person (slot, op, sourced_id, given_name) SELECT slot, 'gone', 'p', 'P' FROM generate_series(0, 1) slot;
INSERT INTO sync.delta_enrollment (slot, op, sourced_id, begin_date) SELECT slot, 'gone', 'e', '2026-10-01' FROM generate_series(0, 1) slot;
SELECT sync.guard_take(0::smallint, kind, ids, false) FROM (VALUES ('org', '{o}'::text[]), ('class', '{c}'), ('person', '{p}'), ('enrollment', '{e}')) AS x (kind, ids);
INSERT INTO sync.delta_withheld SELECT 1, kind, sourced_id, other, gone, jsonb_set(line, '{slot}', '1') FROM sync.delta_withheld WHERE slot = 0;
DELETE FROM sync.delta_org WHERE slot = 1;
INSERT INTO sync.delta_item SELECT * FROM sync.plan_item;
INSERT INTO sync.delta_same SELECT slot, 'n', 'o', 1 FROM generate_series(0, 1) slot;
SELECT is(test.left_of('org') IS NULL AND test.left_of('class') IS NULL AND test.left_of('person') IS NULL AND test.left_of('enrollment') IS NULL, true, 'what is taken of each kind is gone from it');
SELECT sync.guard_give_back(0::smallint);
INSERT INTO sync.delta_org (slot, op, sourced_id, name) VALUES (1, 'gone', 'o', 'O');
SELECT is(replace(test.all_of(0), '(0,', '('), replace(test.all_of(1), '(1,', '('), 'given back, the difference is as it was');
SELECT is((SELECT concat_ws(' ', (SELECT count(*) FROM sync.delta_withheld w WHERE w.slot = slot.n), (SELECT count(*) FROM sync.delta_item i WHERE i.slot = slot.n),
                                 (SELECT count(*) FROM sync.delta_same s WHERE s.slot = slot.n))), kept, 'and what was noted beside it is ' || what)
FROM (VALUES (0, '0 0 0', 'gone'), (1, '8 2 1', 'the other slot''s alone')) AS slot (n, kept, what);
ROLLBACK TO clean;

-- Classes whose terms are all over.
INSERT INTO sis.session (district_id, sourced_id, title, type, end_date, changed_by_run) SELECT d, id, id, 'term', day::date, 1 FROM (VALUES
    (:oak, 'past', '2026-09-30'), (:oak, 'today', '2026-10-01'), (:oak, 'next', '2027-01-01'), (:oak, 'open', NULL),
    (:elm, 'past', '2027-01-01'), (:elm, 'today', '2026-01-01'), (:elm, 'next', '2026-01-01'), (:elm, 'missing', '2026-01-01')) AS x (d, id, day);
INSERT INTO sis.class (district_id, sourced_id, title, school, terms, changed_by_run) SELECT d, id, id, 's1', terms::text[], 1 FROM (VALUES
    (:oak, 'k1', '{past}'), (:oak, 'k2', '{past,next}'), (:oak, 'k3', '{}'), (:oak, 'k4', '{past,missing}'), (:oak, 'k5', '{open}'), (:oak, 'k6', '{today}'), (:oak, 'k7', '{past}'), (:oak, 'k9', '{past}'),
    (:elm, 'k2', '{past}'), (:elm, 'k3', '{today}'), (:elm, 'k1', '{next}')) AS x (d, id, terms);
INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced) SELECT d, n, 1, 'k' || x.id, 'C', true FROM (VALUES
    (:oak, 901, 1), (:oak, 902, 2), (:oak, 903, 3), (:oak, 904, 4), (:oak, 905, 5), (:oak, 906, 6), (:oak, 907, 7), (:oak, 909, 9), (:elm, 902, 1), (:elm, 901, 2)) AS x (d, n, id);
SELECT test.item(0, 'loss', 'classrooms', n), test.item(1, 'loss', 'classrooms', n) FROM generate_series(901, 907) n;
SELECT test.item(0, 'loss', 'memberships', 901, 5), test.item(0, 'addition', 'classrooms', 901), test.item(1, 'loss', 'classrooms', 909), test.item(0, 'loss', 'memberships', 909, 5);
CREATE FUNCTION test.dated(p_slot integer) RETURNS text LANGUAGE sql STABLE AS $$ SELECT string_agg(kind || ' ' || one, ', ' ORDER BY kind, one) FROM sync.plan_item WHERE slot = p_slot AND what = 'dated' $$;
SAVEPOINT terms;
DELETE FROM sync.plan_item WHERE one <> 901;
SELECT sync.guard_terms(0::smallint, 'classrooms');
SELECT is(test.dated(0), 'classrooms 901', 'a class alone');
ROLLBACK TO terms;
SELECT sync.guard_terms(0::smallint, 'classrooms');
SELECT is(test.dated(0), 'classrooms 901', 'a class is over when all its terms are, and of those that are looked at');
SELECT sync.guard_terms(0::smallint, 'memberships');
SELECT is(test.dated(0), 'classrooms 901, memberships 901, memberships 909', 'so is who is in it');
SELECT is(test.dated(1), NULL, 'in this slot');
UPDATE sync.scope SET whole = true WHERE slot = 0;
SELECT sync.guard_terms(0::smallint, 'classrooms');
SELECT is(test.dated(0), 'classrooms 901, classrooms 907, memberships 901, memberships 909', 'a whole district is looked at whole');
ROLLBACK TO clean;

-- rule: SAFE-4
-- An approval and what was shown: fewer is fine.
INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at) VALUES (:oak, 0, 'schedule', 'held', now()) RETURNING run_id AS run \gset
INSERT INTO rosterd.hold (run_id, district_id, file_sha256, withholds, since, shown, settings_version, rules_version, judged_on, marks) VALUES (:run, :oak, 'aa', 'all', now(), '{}', 1, 1, current_date, '{}');
INSERT INTO sync.shown VALUES (:oak, :run, 'loss', '{1,2}'), (:oak, :run, 'addition', '{3,4}'), (:oak, :run, 'mapped loss', '{1}'), (:oak, :run, 'mapped addition', '{3}'),
    (:oak, :run + 1000, 'loss', '{9}'), (:elm, :run, 'loss', '{9}');
INSERT INTO sync.offered VALUES (:oak, :run, 'old', 'new'), (:oak, :run + 1000, 'old9', 'new9'), (:elm, :run, 'old9', 'new9');
CREATE FUNCTION test.is_shown(p_what text, p_withholds text DEFAULT 'all') RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_hold rosterd.hold;
BEGIN
    SELECT * INTO STRICT v_hold FROM rosterd.hold WHERE district_id = test.d();
    v_hold.what := p_what;
    v_hold.withholds := p_withholds;
    RETURN sync.guard_is_shown(0::smallint, v_hold);
END $$;
SAVEPOINT shown;
SELECT test.item(0, 'loss', 'students', 1, NULL, 1), test.item(0, 'addition', 'students', 1, NULL, 3), test.item(0, 'renumbered', 'students', 1, NULL, 9), test.item(1, 'loss', 'students', 1, NULL, 9);
INSERT INTO sync.delta_same VALUES (0, 'new', 'old', 1), (1, 'new9', 'old9', 9);
SELECT is(test.is_shown(what, withholds), true, format('what was shown is, of %s (%s)', what, withholds)) FROM unnest('{all,additions,mapping}'::text[]) what, unnest('{all,removals}'::text[]) withholds;
SELECT test.item(0, 'loss', 'students', 1, NULL, 9);
SELECT is(test.is_shown(what), what = 'additions', 'another loss is not, unless the losses stay: ' || what) FROM unnest('{all,additions,mapping}'::text[]) what;
ROLLBACK TO shown;
SELECT test.item(0, 'addition', 'students', 1, NULL, 1);
SELECT is(test.is_shown(what, withholds), withholds = 'removals', format('another addition is not, unless they are there already: %s (%s)', what, withholds))
FROM unnest('{all,additions,mapping}'::text[]) what, unnest('{all,removals}'::text[]) withholds;
ROLLBACK TO shown;
SELECT test.item(0, 'loss', 'students', 1, NULL, 2);
SELECT is(test.is_shown(what), what <> 'mapping', 'with the mapping something else was shown: ' || what) FROM unnest('{all,mapping}'::text[]) what;
ROLLBACK TO shown;
-- rule: SAFE-5
SELECT is(test.is_shown('mapping'), true, 'no more is mapped');
CREATE FUNCTION test.mapped(p_new text, p_old text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sync.delta_same;
    INSERT INTO sync.delta_same VALUES (0, p_new, p_old, 1);
    RETURN test.is_shown('mapping');
END $$;
SELECT is(test.mapped(new, old), false, format('%s is not offered for %s', new, old)) FROM (VALUES ('new9', 'old9'), ('new', 'old9'), ('new9', 'old')) AS x (new, old);
SELECT is(test.is_shown('all'), true, 'which is asked of a mapping alone');
ROLLBACK TO shown;

-- What a plan shows is kept; the hold that a newer one replaces is closed, and forgets.
INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at) VALUES (:oak, 0, 'schedule', 'held', now()) RETURNING run_id AS newer \gset
INSERT INTO rosterd.run (district_id, epoch, cause, state, owner, ended_at) VALUES (:elm, 0, 'schedule', 'held', 'csm', now()), (:oak, 0, 'schedule', 'refused', 'district', now());
INSERT INTO rosterd.hold (run_id, district_id, withholds, since, shown, settings_version, rules_version, judged_on, marks, closed_at)
SELECT r.run_id, r.district_id, 'all', now(), '{}', 1, 1, current_date, '{}', CASE r.state WHEN 'refused' THEN now() END FROM rosterd.run r WHERE r.district_id = :elm OR r.state = 'refused';
UPDATE sync.scope SET run_id = :newer WHERE slot = 0;
SELECT test.item(0, 'loss', 'students', 1, NULL, n) FROM unnest('{8,7,8}'::bigint[]) n;
SELECT test.item(0, 'addition', 'students', 1, NULL, 6), test.item(0, 'dated', 'students', 1, NULL, 5), test.item(1, 'loss', 'students', 1, NULL, 4);
SELECT sync.hold_items(0::smallint, 'mapped ');
SELECT is((SELECT string_agg(what || ' ' || items::text, ', ' ORDER BY what) FROM sync.shown WHERE run_id = :newer AND district_id = :oak), 'mapped addition {6}, mapped loss {7,8}', 'the items of a plan, each once');
SELECT sync.hold_close(:oak, :run);
SELECT is((SELECT string_agg(concat_ws(' ', r.state, r.owner, h.closed_by_run), ', ' ORDER BY r.run_id) FROM rosterd.run r JOIN rosterd.hold h USING (run_id)), 'held, held csm, refused district', 'a run does not close its own hold');
SELECT sync.hold_close(:oak, :newer);
SELECT is((SELECT string_agg(concat_ws(' ', r.state, r.owner, h.closed_by_run), ', ' ORDER BY r.run_id) FROM rosterd.run r JOIN rosterd.hold h USING (run_id)), format('superseded nobody %s, held csm, refused district', :newer), 'a newer one does, and no other');
SELECT is((SELECT count(*) FROM sync.shown WHERE district_id = :oak AND run_id = :run), 0::bigint, 'what that one had shown is forgotten');
SELECT is((SELECT count(*) FROM sync.shown WHERE run_id = :run + 1000 OR run_id = :newer OR district_id = :elm), 4::bigint, 'and nothing else is');
SELECT * FROM finish();
ROLLBACK;
