-- EXTREME, schools that leave, classes that end, previews.
BEGIN;
\ir lib.sql
SELECT plan(57);
SELECT test.district();
SELECT test.setting('time_zone', 'UTC');
SELECT test.org('s2', 'School 2');
SELECT test.class('act', 'Active'), test.class('arc', 'Archived'), test.class('two', 'At two', 's2');
CREATE FUNCTION pg_temp.family(p text) RETURNS void LANGUAGE sql AS $$
    SELECT test.student('stu' || p, 'Stu', p), test.guardian('mum' || p, 'Mum', p, ARRAY['stu' || p], email => 'mum' || p || '@example.org'),
           test.guardian('dad' || p, 'Dad', p, ARRAY['stu' || p]), test.enroll('act', 'stu' || p), test.enroll('arc', 'stu' || p) $$;
CREATE FUNCTION pg_temp.leave(p text) RETURNS void LANGUAGE sql AS $$
    SELECT test.drop_person('stu' || p), test.drop_person('mum' || p), test.drop_person('dad' || p) $$;
CREATE FUNCTION pg_temp.sections(p text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg((EXISTS (SELECT FROM api.school_directory(test.d(), test.school('s1'), s) x WHERE x.student_id = test.person(p)))::text, ' ' ORDER BY s)
    FROM unnest(ARRAY['active', 'all', 'archived']) s $$;
SELECT pg_temp.family('a'), pg_temp.family('b'), pg_temp.family('c'), pg_temp.family('d');
SELECT test.sync();
SELECT test.drop_class('arc');
SELECT test.sync();
INSERT INTO directory.backpack_item (district_id, classroom_id, student_id, title)
    SELECT test.d(), test.classroom('arc'), test.person(p), 'Drawing' FROM unnest(ARRAY['stua', 'stub', 'stuc']) p;

-- rule: ABN-E4
SELECT pg_temp.leave('a');
SELECT test.sync();
SELECT test.setting('abandonment', 'extreme');
SELECT test.sync();
SELECT is(test.schools('stua') || test.members('arc'), '(s1)stua stub stuc stud', 'families that left under SOFT stay as they are');

-- by request only, and seen before
SELECT is((SELECT string_agg(x::text, ' ') FROM rosterd.apply_extreme(test.d(), true) x), format('(%s,stua,1,1,1)', test.person('stua')), 'a preview says who it would be, and how much of them there is');
SELECT is(test.schools('stua') || test.members('arc'), '(s1)stua stub stuc stud', 'and does nothing');
SELECT test.setting('abandonment', 'soft');
SELECT throws_like(format('SELECT rosterd.apply_extreme(%s, false)', test.d()), '%abandonment = ''extreme''%', 'not while the district has not asked for it');
SELECT test.setting('abandonment', 'extreme');
SAVEPOINT before_request;
SELECT rosterd.apply_extreme(test.d(), false);
SELECT is(test.schools('stua') || test.members('arc'), '[s1]stub stuc stud', 'at the request they are out of the school and its classrooms');
SELECT is(pg_temp.sections('stua') || test.guardians('stua'), 'false false falsemuma', 'and still linked');
SELECT is((SELECT count(*) FROM rosterd.apply_extreme(test.d(), true)), 0::bigint, 'nobody is left to do it to: live families and half of one are none');
SELECT is((SELECT string_agg(relation, ' ' ORDER BY relation) FROM audit.change WHERE rule = 'ABN-E4' AND act = 'apply_extreme by ' || session_user), 'directory.membership directory.role', 'the audit says who asked');
SELECT ok(sync.outstanding(test.d()), 'the next run looks at them again');
SELECT test.sync();
SELECT ok(test.settled() AND test.schools('stua') = '[s1]', 'and leaves them so');
SELECT test.student('stua', 'Stu', 'a');
SELECT test.sync();
SELECT is(test.schools('stua') || test.members('arc'), 's1stua stub stuc stud', 'back, what was detached is attached again');
SELECT test.drop_org('s1');
SELECT test.sync();
SELECT is((SELECT count(*) FROM rosterd.apply_extreme(test.d(), true)), 0::bigint, 'a lost school''s students have not left');
ROLLBACK TO before_request;
-- at a school of another time they are by a leader's hand
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('stua'), test.school('s2'), 'student', false, true);
SELECT is((SELECT string_agg(x::text, ' ') FROM rosterd.apply_extreme(test.d(), false) x), format('(%s,stua,1,1,1)', test.person('stua')), 'the schools they have left');
SELECT is(test.schools('stua'), '[s1] s2', 'and no other');
ROLLBACK TO before_request;

-- rule: ABN-E1
SELECT pg_temp.leave('b');
SELECT test.sync();
SELECT is(test.schools('stub'), '[s1]', 'out of the school');
SELECT is(test.members('act') || '|' || test.members('arc'), 'stuc stud|stua stuc stud', 'and of all its classrooms, archived ones too');
SELECT is(pg_temp.sections('stub') || '|' || pg_temp.sections('stua'), 'false false false|false true true', 'in no section of the directory');
SELECT test.drop_person('stuc'), test.drop_person('mumc');
SELECT test.sync();
SELECT is(test.schools('stuc') || test.members('arc'), '(s1)stua stuc stud', 'not while a guardian is live, added or not');
SELECT test.drop_person('dadc');
SELECT test.sync();
SELECT is(test.schools('stuc') || test.members('arc'), '[s1]stua stud', 'but in the run in which the last of them goes');
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM audit.change WHERE run_id = (SELECT max(run_id) FROM rosterd.run)), 'ABN-E1', 'the audit says so');

-- rule: ABN-E2
SELECT is(test.guardians('stub'), 'mumb', 'still linked');
SELECT is((SELECT count(*) FROM api.account_students(test.d(), test.person('mumb'))), 1::bigint, 'the student shows in the account settings');
SELECT is((SELECT count(*) FROM api.visible_backpack(test.d(), test.person('mumb'), test.person('stub'))), 0::bigint, 'with no backpack');
SELECT is((SELECT count(*) FROM api.visible_backpack(test.d(), test.person('muma'), test.person('stua'))), 1::bigint, 'unlike SOFT');
SELECT isnt(test.person('mumb'), NULL, 'the accounts go on');

-- rule: ABN-E3
SELECT is((SELECT count(*) FROM directory.backpack_item), 3::bigint, 'nothing is destroyed');
SELECT is((SELECT count(*) FROM directory.membership WHERE detached AND person_id = test.person('stub')), 1::bigint, 'rows are detached');
SELECT is((SELECT count(*) FROM directory.member WHERE person_id = test.person('stub')), 0::bigint, 'and not seen');
CREATE TEMP TABLE versions AS SELECT test.versions() AS v;
SELECT test.sync();
UPDATE sis.judged SET rules_version = 0;
SELECT test.sync(p_file => false);
SELECT is(test.versions(), (SELECT v FROM versions), 'and nothing more happens');

-- rule: ABN-B1
SELECT pg_temp.family('b');
SELECT test.drop_enroll('arc', 'stub');
SELECT test.sync();
SELECT is(test.schools('stub') || '|' || test.members('act') || '|' || test.members('arc'), 's1|stub stud|stua stub stud',
          'what EXTREME detached is attached again');
SELECT is((SELECT count(*) FROM api.visible_backpack(test.d(), test.person('mumb'), test.person('stub'))), 1::bigint, 'with the backpack');

-- rule: ABN-3
SELECT test.setting('abandonment', 'soft');
SELECT test.student('eve', 'Eve', 'Elm', schools => '{s2}'), test.enroll('two', 'eve');
SELECT test.sync();
INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) VALUES (test.d(), test.school('s2'), 'Chess', false), (test.d(), test.school('s2'), 'Old', false);
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE edited_name = 'Old';
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    SELECT test.d(), classroom_id, test.person('eve'), 'student', false, true FROM directory.classroom WHERE edited_name = 'Chess';
CREATE FUNCTION pg_temp.rooms() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(name || ':' || state || coalesce(' by ' || archived_by, ''), ', ' ORDER BY name) FROM directory.classroom WHERE school_id = test.school('s2') $$;
SELECT test.drop_org('s2');
SELECT test.sync();
SELECT is((SELECT archived FROM directory.school WHERE school_id = test.school('s2')), true, 'a school gone is kept, archived');
SELECT is(pg_temp.rooms(), 'At two:archived by sis, Chess:archived by school, Old:archived by hand', 'with its classrooms, manual ones too');
SELECT is(test.schools('eve') || (SELECT count(*) FROM directory.member WHERE person_id = test.person('eve')), '(s2)2', 'and its people, who stay in those classrooms');
SELECT test.org('s2', 'School 2');
SELECT test.sync();
SELECT is(pg_temp.rooms(), 'At two:active, Chess:active, Old:archived by hand', 'when it returns, what this archived is unarchived');
SELECT is(test.schools('eve') || test.members('two'), 's2eve', 'with its people');

-- rule: CLS-10
CREATE FUNCTION pg_temp.day(n int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE AS $f$ SELECT current_date + %s $f$', n);
END $$;
CREATE FUNCTION pg_temp.state(p_class text) RETURNS text LANGUAGE sql AS $$
    SELECT state || coalesce(' by ' || archived_by, '') || ':' || test.members(p_class) FROM directory.classroom WHERE classroom_id = test.classroom(p_class) $$;
SELECT test.class('f', 'Fall'), test.class('y', 'Year'), test.class('h', 'Hand'), test.class('x', 'Dropped');
SELECT test.student('kid', 'Kid', 'K'), test.student('pal', 'Pal', 'P'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll(c, 'kid', end_date => current_date::text) FROM unnest(ARRAY['f', 'y', 'h', 'x']) c;
SELECT test.enroll('f', 'pal', end_date => (current_date + 1)::text), test.enroll('y', 'pal'), test.enroll('f', 'tea', 'teacher');
SELECT test.sync();
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE classroom_id = test.classroom('h');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('h'));
SELECT test.drop_enroll('x', 'kid');
SELECT test.sync();
SELECT is(pg_temp.state('x'), 'active:', 'one that the file empties is empty');
UPDATE directory.membership SET claim_manual = true WHERE classroom_id = test.classroom('f') AND person_id = test.person('tea');
SELECT pg_temp.day(1);
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('f') || ', ' || pg_temp.state('y'), 'active:pal tea*, active:pal', 'while somebody is left, who ended leaves');
SELECT pg_temp.day(2);
SAVEPOINT whole;
UPDATE sis.judged SET rules_version = 0;
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('f'), 'archived by ended:pal tea*', 'a day that would leave nobody archives it with its roster, also where the whole district is judged');
ROLLBACK TO whole;
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('f'), 'archived by ended:pal tea*', 'a day that would leave nobody archives it with its roster');
SELECT is(pg_temp.state('y') || ', ' || pg_temp.state('h'), 'active:pal, archived by hand:kid', 'not the others');
SELECT is((SELECT string_agg(rule, ' ') FROM audit.change WHERE relation = 'directory.classroom' AND run_id = (SELECT max(run_id) FROM rosterd.run)), 'CLS-10', 'the audit says so');
DROP TABLE versions;
CREATE TEMP TABLE versions AS SELECT test.versions() AS v;
UPDATE sis.judged SET rules_version = 0;
SELECT test.sync(p_file => false);
SELECT is(test.versions(), (SELECT v FROM versions), 'and it stays so');
SAVEPOINT ended;
SELECT test.drop_enroll('f', 'kid'), test.drop_enroll('f', 'pal'), test.sync();
SELECT test.enroll('f', 'kid', end_date => (current_date + 90)::text);
UPDATE sis.judged SET rules_version = 0;
SELECT test.sync();
SELECT is(pg_temp.state('f'), 'active:kid tea*', 'until somebody is enrolled again, also where the whole district is judged');
ROLLBACK TO ended;
SELECT test.enroll('f', 'kid', end_date => (current_date + 90)::text);
SELECT test.sync();
SELECT is(pg_temp.state('f'), 'active:kid tea*', 'or somebody is enrolled again');
UPDATE directory.classroom SET state = 'active', archived_by = NULL WHERE classroom_id = test.classroom('h');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('h'));
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('h'), 'archived by ended:kid', 'unarchived by hand after its end, it is archived as any other');

-- whose time is over was in it as a teacher alone, or by hand and has left the school
SELECT test.class('w', 'Later'), test.enroll('w', 'pal', end_date => (current_date - 5)::text), test.enroll('w', 'kid'), test.enroll('w', 'tea', 'teacher');
SELECT test.student('pup', 'Pup', 'P', schools => '{s2}'), test.enroll('w', 'pup', end_date => (current_date - 5)::text);
INSERT INTO test.sis_enroll VALUES (test.d(), 'learns', 'w', 'tea', 'student', NULL, current_date - 5);
SELECT test.sync();
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual, suspended) VALUES (test.d(), test.classroom('w'), test.person('pup'), 'student', false, true, true);
-- not for what is next door either: another record of that id, another place of that number
INSERT INTO rosterd.district (slug, name) VALUES ('door', 'Next door') RETURNING district_id AS door \gset
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run) VALUES (:door, 'pal', 'Pal', 'P', U&'student\001Es1', test.person('kid'), 1);
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (:door, test.classroom('w'), test.person('pal'), 'student', true);
SELECT test.enroll('w', 'kid', begin_date => (current_date + 90)::text), test.student('pal', 'Palle', 'P');
SELECT test.sync();
SELECT is(pg_temp.state('w'), 'active:tea*', 'put off by the file to a later date is not an end');
SELECT test.class('z', 'Helped'), test.enroll('z', 'kid', end_date => (current_date + 2)::text);
SELECT test.sync();
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
VALUES (test.d(), test.classroom('z'), test.person('pal'), 'student', false, true);
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('pal'));
SELECT pg_temp.day(3);
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('z'), 'active:pal', 'a student put in by hand keeps it from being empty');
-- a district that goes over to the time of another zone may have the same day twice
SELECT test.class('b', 'Back'), test.enroll('b', 'kid', end_date => (current_date + 3)::text), test.enroll('b', 'tea', 'teacher'), test.enroll('b', 'pal', begin_date => (current_date + 35)::text);
SELECT test.sync(), pg_temp.day(4);
SELECT test.drop_enroll('b', 'tea');
SELECT test.sync();
SELECT is(pg_temp.state('b'), 'archived by ended:kid tea*', 'ended, it keeps a teacher who leaves the class');
SELECT pg_temp.day(3);
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('b'), 'active:kid', 'when the day is again one on which it had not ended, it begins again with who is in the class');
SELECT ok(test.settled(), 'which stays');
-- A pin keeps its student there: not one that an undo made and the file ends, nor one of another number, kind or district, or what is theirs.
SELECT test.student('pim', 'Pim', 'P'), test.student('pia', 'Pia', 'P'), test.student('pat', 'Pat', 'P'), test.class('n', 'None');
SELECT test.class(c, c), test.enroll(c, p, end_date => (current_date + 3)::text) FROM (VALUES ('p', 'pim'), ('q', 'pia'), ('r', 'pat'), ('t', 'pat')) x (c, p);
SELECT test.enroll('t', 'pal');
SELECT test.sync();
UPDATE directory.classroom SET classroom_id = test.person('pia') WHERE classroom_id = test.classroom('n');
UPDATE sis.class SET classroom_id = test.person('pia') WHERE sourced_id = 'n';
INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by, undo_run) VALUES (test.d(), 'person', test.person('pim'), 'r', 'p', 1), (test.d(), 'person', test.person('pia'), 'r', 'p', NULL),
    (test.d(), 'classroom', test.person('pia'), 'r', 'p', 1), (:door, 'person', test.person('pat'), 'r', 'p', NULL);
INSERT INTO sync.plan_pin (slot, op, kind, id, frozen) VALUES (7, 'remove', 'person', test.person('pia'), false);
INSERT INTO sync.delta_enrollment (slot, op, sourced_id, class, person, role) VALUES (7, 'gone', 't/pal', NULL, NULL, NULL), (7, 'new', 'x', 'p', 'pim', 'student');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) VALUES (:door, test.classroom('r'), 1, 'student', false, true);
SELECT pg_temp.day(4), test.student('pim', 'Pimm', 'P'), test.class('n', 'Renamed');
SELECT test.sync();
SELECT is(concat_ws(', ', pg_temp.state('p'), pg_temp.state('q'), pg_temp.state('r'), pg_temp.state('t')), 'archived by ended:pim, active:pia, archived by ended:pat, active:pal',
          'a pinned student keeps the classroom from being empty, while the pin lasts');
SELECT pg_temp.day(5), test.sync(p_file => false);
SELECT is(pg_temp.state('b'), 'active:pal', 'on the day on which the next one begins to count, a class begins again without those whose time is over');
SELECT pg_temp.day(3), test.sync(p_file => false);

-- rule: SAFE-6
DROP TABLE versions;
CREATE TEMP TABLE versions AS SELECT test.versions() AS v;
SELECT test.setting('preview_only', 'true');
SELECT test.drop_person('kid');
SELECT is(test.plan(test.begin_run()) ->> 'verdict', 'previewed', 'a preview computes');
SELECT is((SELECT state || ' ' || (counts -> 'student_roles' ->> 'removed') FROM rosterd.run ORDER BY run_id DESC LIMIT 1), 'previewed 1', 'shows');
SELECT is(test.versions(), (SELECT v FROM versions), 'and applies nothing');
SELECT test.setting('preview_only', 'false');
SELECT test.sync();
SELECT is(test.schools('kid'), '(s1)', 'the next run does');
SELECT * FROM finish();
ROLLBACK;
