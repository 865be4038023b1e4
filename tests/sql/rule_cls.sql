-- Classrooms that leave the SIS, and those it never had.
BEGIN;
\ir lib.sql
SELECT plan(28);
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c2', 'bob');
SELECT test.sync();
CREATE FUNCTION pg_temp.hand_in(p_classroom bigint, p_person text, p_role text DEFAULT 'student') RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    VALUES (test.d(), p_classroom, test.person(p_person), p_role, false, true);
    INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person(p_person)) $$;
CREATE FUNCTION pg_temp.state(p_class text) RETURNS text LANGUAGE sql AS $$
    SELECT state || coalesce(' by ' || archived_by, '') || CASE WHEN synced THEN '' ELSE ' manual' END
    FROM directory.classroom WHERE district_id = test.d() AND classroom_id = test.classroom(p_class) $$;

-- rule: CLS-6
INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) VALUES (test.d(), test.school('s1'), 'Chess', false);
CREATE TEMP TABLE chess AS SELECT classroom_id AS id FROM directory.classroom WHERE edited_name = 'Chess';
SELECT pg_temp.hand_in((SELECT id FROM chess), p) FROM unnest(ARRAY['ann', 'bob']) AS p;
INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'classroom', id FROM chess;
SELECT test.sync();
SELECT test.setting('abandoned_classrooms', 'disconnect');
SELECT test.sync();
SELECT test.setting('abandoned_classrooms', 'archive');
SELECT test.drop_person('bob');
SELECT test.sync();
CREATE FUNCTION pg_temp.chess() RETURNS text LANGUAGE sql AS $$
    SELECT c.name || ' ' || c.state || ':' || coalesce((SELECT string_agg(test.name_of(m.person_id), ' ' ORDER BY test.name_of(m.person_id)) FROM directory.member m WHERE m.classroom_id = c.classroom_id), '')
    FROM directory.classroom c, chess WHERE c.classroom_id = chess.id $$;
SELECT is(pg_temp.chess(), 'Chess active:ann', 'a manual classroom is not touched, people leaving apart');
SELECT test.student('bob', 'Bob', 'Birch');
SELECT test.enroll('c2', 'bob');
SELECT test.sync();
SELECT is(pg_temp.chess(), 'Chess active:ann bob', 'who comes back is a member again');

-- rule: CLS-7
SELECT pg_temp.hand_in(test.classroom('c1'), 'cyd');
UPDATE directory.classroom SET edited_name = 'Ours' WHERE classroom_id = test.classroom('c1');
CREATE TEMP TABLE room AS SELECT test.classroom('c1') AS id;
SELECT test.sync();
SELECT test.drop_class('c1');
SELECT test.sync();
SELECT is(pg_temp.state('c1'), 'archived by sis', 'a class that leaves is archived');
SELECT is(test.members('c1'), 'ann cyd tea*', 'with its roster');
SELECT test.class('c1', 'Class 1 again');
SELECT test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync();
SELECT is(pg_temp.state('c1'), 'active', 'when it reappears it is active again');
SELECT is(test.classroom('c1'), (SELECT id FROM room), 'the same classroom');
SELECT is((SELECT name FROM directory.classroom WHERE classroom_id = test.classroom('c1')), 'Ours', 'with the name given by hand');
SELECT is(test.members('c1'), 'bob cyd tea*', 'its SIS roster and the manual members');
SELECT test.drop_class('c1');
SELECT test.sync();
SELECT test.drop_person('cyd');
SELECT test.sync();
SELECT is(test.members('c1'), 'bob cyd tea*', 'archived: it keeps who leaves');
SELECT test.class('c1', 'Class 1');
SELECT test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync();
SELECT is(test.members('c1'), 'bob tea*', 'reappearing: manual members who are no longer in the school are not');
SELECT test.setting('unarchive_reappearing', 'false');
SELECT test.drop_class('c1');
SELECT test.sync();
SELECT test.class('c1', 'Class 1');
SELECT test.enroll('c1', 'ann');
SELECT test.sync();
SELECT is(pg_temp.state('c1') || ':' || test.members('c1'), 'archived by sis:bob tea*', 'or stays archived, by setting');
SELECT test.setting('unarchive_reappearing', 'true');
SELECT test.sync(p_file => false);
SELECT is(pg_temp.state('c1') || ':' || test.members('c1'), 'active:ann', 'until the setting says otherwise');
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE classroom_id = test.classroom('c1');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c1'));
SELECT test.drop_class('c1');
SELECT test.sync();
SELECT test.class('c1', 'Class 1');
SELECT test.enroll('c1', 'ann');
SELECT test.sync();
SELECT is(pg_temp.state('c1'), 'archived by hand', 'one archived by hand stays archived');
UPDATE directory.classroom SET state = 'active', archived_by = NULL WHERE classroom_id = test.classroom('c1');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c1'));
SELECT test.setting('abandoned_classrooms', 'disconnect');
SELECT test.drop_class('c1');
SELECT test.sync();
SELECT is(pg_temp.state('c1') || ':' || test.members('c1'), 'active manual:ann', 'or is disconnected: a manual classroom with its members');
SELECT is((SELECT claim_sis::text || claim_manual FROM directory.membership WHERE classroom_id = test.classroom('c1') AND person_id = test.person('ann')),
          'falsetrue', 'by manual claims');
SELECT test.class('c1', 'Class 1');
SELECT test.enroll('c1', 'bob');
SELECT test.sync();
SELECT is(pg_temp.state('c1') || ':' || test.members('c1'), 'active:ann bob', 'reappearing it is synced again, and keeps the manual members');
SELECT test.drop_class('c1');
SELECT test.drop_person('ann');
SELECT test.sync();
SELECT is(pg_temp.state('c1') || ':' || test.members('c1'), 'active manual:bob', 'disconnected in the run in which somebody leaves: they leave it too');
SELECT test.class('c9', 'Class 9');
SELECT test.enroll('c9', 'bob');
SELECT test.sync();
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE classroom_id = test.classroom('c9');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c9'));
SELECT test.drop_class('c9');
SELECT test.sync();
SELECT is(pg_temp.state('c9') || ':' || test.members('c9'), 'archived by hand:bob', 'archived before it left, it keeps its frozen roster as it was');
UPDATE directory.classroom SET state = 'active', archived_by = NULL WHERE classroom_id = test.classroom('c9');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c9'));
SELECT test.sync();
SELECT is(pg_temp.state('c9') || ':' || test.members('c9'), 'active manual:bob', 'and is disconnected with it once it is active again');

-- rule: CLS-9
SELECT test.setting('abandoned_classrooms', 'archive');
SELECT test.student('dan', 'Dan', 'Doe'), test.guardian('dad', 'Dad', 'Doe', '{dan}', email => 'dad@example.org');
SELECT test.class('c3', 'Class 3'), test.class('c4', 'Class 4');
SELECT test.enroll('c3', 'dan'), test.enroll('c4', 'dan', end_date => current_date::text), test.enroll('c3', 'tea', 'teacher');
SELECT test.sync();
SELECT test.drop_class('c3'), test.drop_person('dan'), test.drop_person('dad'), test.drop_person('tea');
SELECT test.sync();
SELECT is(pg_temp.state('c3') || ':' || test.members('c3'), 'archived by sis:dan tea*', 'a class and people that leave together leave the people in it');
SELECT is(test.members('c4'), '', 'but not in the classes that go on');
SELECT test.student('eli', 'Eli', 'Elm');
SELECT test.class('c5', 'Class 5');
SELECT test.enroll('c5', 'eli', end_date => current_date::text);
SELECT test.sync();
UPDATE directory.classroom SET state = 'archived', archived_by = 'hand' WHERE classroom_id = test.classroom('c5');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c5'));
CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE AS $$ SELECT current_date + 2 $$;
SELECT test.sync(p_file => false);
SELECT is(test.members('c5'), 'eli', 'dates take nobody out of an archived classroom');
SELECT test.drop_enroll('c5', 'eli');
SELECT test.sync();
SELECT is(test.members('c5'), 'eli', 'nor do files');
SELECT test.drop_person('eli');
SELECT test.sync();
SELECT is(test.members('c5') || test.schools('eli'), 'eli(s1)', 'nor leaving');
SELECT test.student('eli', 'Eli', 'Elm');
SELECT test.enroll('c5', 'eli');
SELECT test.student('fay', 'Fay', 'Fir');
SELECT test.enroll('c5', 'fay');
SELECT test.sync();
SELECT is(test.members('c5') || test.schools('eli'), 'elis1', 'nor does anything put somebody in');
UPDATE directory.classroom SET state = 'active', archived_by = NULL WHERE classroom_id = test.classroom('c5');
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', test.classroom('c5'));
SELECT test.sync(p_file => false);
SELECT is(test.members('c5'), 'eli fay', 'until it is unarchived');
-- rule: IN-1
-- a class of an office gets its classroom when the office becomes a school, and keeps that one
SELECT test.org('o1', 'Office', 'department'), test.class('c6', 'Class 6', 'o1');
SELECT test.sync();
SELECT is(test.classroom('c6'), NULL, 'a class of no school has no classroom');
SELECT test.org('o1', 'Office', 'school');
SELECT test.sync();
SELECT test.classroom('c6') AS c6 \gset
SELECT test.class('c6', 'Class six', 'o1');
SELECT test.sync();
SELECT is((SELECT string_agg(c.classroom_id || ' ' || c.name, ', ') FROM directory.classroom c WHERE c.district_id = test.d() AND c.sourced_id = 'c6'), :'c6' || ' Class six',
          'when it becomes one, the class has one classroom and keeps it');
SELECT * FROM finish();
ROLLBACK;
