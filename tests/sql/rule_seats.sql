-- Who is enrolled at a school where they are anyway is not judged for it, only their place in that class; and whoever
-- may have more hanging on an enrollment is. Each case ends as it does when the whole district is judged.
BEGIN;
\ir lib.sql
SELECT plan(46);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2'), test.class('c3', 'Class 3', 's2'), test.class('c4', 'Class 4');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar'),
       test.teacher('tom', 'Tom', 'Teak', 'tom@example.org'), test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c2', 'cyd'), test.enroll('c1', 'tom', 'teacher'), test.enroll('c4', 'bob');
SELECT test.setting('removal_limit_min', '50'), test.setting('removal_limit_percent', '100'), test.setting('on_limit', 'hold-removals');
SELECT test.night();

-- Whom the last run judged, and whose places alone.
CREATE FUNCTION pg_temp.judged() RETURNS text LANGUAGE sql AS
    $$ SELECT coalesce(string_agg(p, ' ' ORDER BY p), '') FROM sync.scope s, unnest(s.judged) p WHERE s.run_id = (SELECT max(run_id) FROM rosterd.run) $$;
CREATE FUNCTION pg_temp.seats() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(DISTINCT concat(s.person, '@', s.class, CASE WHEN NOT s.alone THEN '+' END), ' ' ORDER BY concat(s.person, '@', s.class, CASE WHEN NOT s.alone THEN '+' END)), '')
    FROM sync.after_seat s $$;
-- A night, and whether a judgement of everybody would change anything of its end.
CREATE FUNCTION pg_temp.night() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_end text;
    v_judged text;
    v_seats text;
BEGIN
    PERFORM test.night();
    v_end := test.versions();
    v_judged := pg_temp.judged();
    v_seats := pg_temp.seats();
    UPDATE sis.judged SET settings_version = 0 WHERE district_id = test.d();
    PERFORM test.night(p_file => false);
    CREATE TEMP TABLE IF NOT EXISTS looked (judged text, seats text);
    DELETE FROM looked;
    INSERT INTO looked VALUES (v_judged, v_seats);
    RETURN test.versions() = v_end;
END $$;

-- rule: CLS-10
-- one enrollment of theirs in the class has ended, the other one goes: the class ends with them
SAVEPOINT twice;
SELECT test.class('c9', 'Class 9'), test.enroll('c9', 'bob', end_date => (current_date - 1)::text);
INSERT INTO test.sis_enroll VALUES (test.d(), 'twice', 'c9', 'bob', 'student');
SELECT test.night();
SELECT is(test.members('c9'), 'bob', 'by one of two enrollments somebody is in a class');
DELETE FROM test.sis_enroll WHERE id = 'twice';
SELECT ok(pg_temp.night(), 'when it goes, the other one is looked at as well');
SELECT is((SELECT archived_by || ':' || test.members('c9') FROM directory.classroom WHERE classroom_id = test.classroom('c9')), 'ended:bob', 'which has ended, and the class with it');
ROLLBACK TO twice;
-- rule: SAFE-8
-- Of the same ids and numbers next door, and of another plan, each would have ann judged, or somebody else: another class of hers, one that has
-- ended, a class of another school, other roles, a pin. So would what is of others here.
SAVEPOINT beside;
INSERT INTO test.sis_enroll VALUES (test.d(), 'old', 'c2', 'cyd', 'student', NULL, current_date - 9);
SELECT test.night();
INSERT INTO rosterd.district (slug, name) VALUES ('door', 'Next door') RETURNING district_id AS door \gset
INSERT INTO sis.enrollment SELECT (jsonb_populate_record(e, jsonb_build_object('district_id', :door, 'class', 'c3'))).* FROM sis.enrollment e WHERE e.district_id = test.d();
INSERT INTO sis.enrollment SELECT (jsonb_populate_record(e, jsonb_build_object('district_id', :door, 'class', 'c2', 'sourced_id', 'over', 'end_date', current_date - 9))).* FROM sis.enrollment e
    WHERE e.district_id = test.d() AND e.sourced_id = 'c1/ann';
INSERT INTO sis.person SELECT (jsonb_populate_record(p, jsonb_build_object('district_id', :door, 'roles', U&'teacher\001Es2'))).* FROM sis.person p WHERE p.district_id = test.d();
INSERT INTO sis.class SELECT (jsonb_populate_record(c, jsonb_build_object('district_id', :door, 'school', 's2'))).* FROM sis.class c WHERE c.district_id = test.d();
INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by) VALUES (:door, 'person', test.person('ann'), 'r', 'p'), (test.d(), 'classroom', test.person('ann'), 'r', 'p'), (test.d(), 'person', test.person('cyd'), 'r', 'p');
INSERT INTO sync.scope SELECT (jsonb_populate_record(s, '{"slot": 7, "today": "2099-01-01"}')).* FROM sync.scope s;
INSERT INTO sync.delta_enrollment (slot, op, sourced_id, class, person, role) VALUES (7, 'gone', 'c4/bob', NULL, NULL, NULL), (7, 'new', 'x', 'c3', 'ann', 'student'), (7, 'new', 'y', 'c3', 'cyd', 'student');
SELECT test.drop_enroll('c1', 'ann'), test.enroll('c2', 'ann');
SELECT ok(pg_temp.night(), 'a student changes class beside another district');
SELECT is(judged || '|' || seats || '|' || test.members('c2'), '|ann@c1 ann@c2|ann cyd', 'with whose ids and plans it has nothing to do') FROM looked;
ROLLBACK TO beside;
-- rule: UPD-1
SELECT test.drop_enroll('c1', 'ann'), test.enroll('c2', 'ann', end_date => (current_date + 90)::text);
SELECT ok(pg_temp.night(), 'a student changes class at their school: as if everybody were judged');
SELECT is(test.members('c1') || ', ' || test.members('c2'), 'bob tom*, ann cyd', 'they are in the other class');
SELECT is(judged, '', 'nobody is judged, no guardian either') FROM looked;
SELECT is(seats, 'ann@c1 ann@c2', 'but both places are') FROM looked;
SELECT test.drop_enroll('c1', 'tom'), test.enroll('c2', 'tom', 'teacher');
SELECT ok(pg_temp.night(), 'a teacher, too');
SELECT is(test.members('c1') || ', ' || test.members('c2'), 'bob, ann cyd tom*', 'they teach the other class');
SELECT is(judged, '', 'without being judged') FROM looked;

-- rule: UPD-8
SELECT test.enroll('c3', 'ann');
SELECT ok(pg_temp.night(), 'a class at a school where they were not');
SELECT is(test.schools('ann') || ', ' || test.members('c3'), 's1 s2, ann', 'gives that school');
SELECT is(judged, 'ann gus', 'so that they are judged with their guardian') FROM looked;
SELECT test.drop_enroll('c3', 'ann');
SELECT ok(pg_temp.night(), 'and leaving it');
SELECT is(test.schools('ann') || ', ' || test.members('c3'), 's1, ', 'takes it away');
SAVEPOINT moved;
SELECT test.class('c4', 'Class 4', 's2'), test.enroll('c4', 'ann');
SELECT ok(pg_temp.night(), 'a class that goes to another school, and is joined at once');
SELECT is(test.schools('ann') || ', ' || test.members('c4'), 's1 s2, ann bob', 'gives that school, too');
ROLLBACK TO moved;
SELECT test.enroll('c2', 'bob', 'teacher');
SELECT ok(pg_temp.night(), 'a student enrolled as a teacher is judged');
SELECT is(test.members('c2') || ', ' || judged, 'ann cyd tom*, bob', 'and is none') FROM looked;
SELECT test.drop_enroll('c2', 'bob');
SELECT test.night();

-- rule: CLS-10
SELECT test.enroll('c4', 'bob', end_date => (current_date - 2)::text);
SELECT ok(pg_temp.night(), 'an enrollment that has ended is judged with its class');
SELECT is((SELECT archived_by FROM directory.classroom WHERE classroom_id = test.classroom('c4')), 'ended', 'which was left without anybody');
SELECT is(judged, 'bob', 'and so is who was in it') FROM looked;
SELECT test.enroll('c4', 'bob');
SELECT ok(pg_temp.night(), 'one in a class that had ended, too');

-- Another claim to the same place.
SELECT api.add_student(test.d(), test.person('tom'), test.classroom('c2'), test.person('bob')) FROM test.setting('sync_enabled', 'false') \g /dev/null
SELECT test.setting('sync_enabled', 'true');
SELECT test.night();
SELECT test.enroll('c2', 'bob');
SELECT ok(pg_temp.night(), 'somebody who was added by hand is enrolled');
SELECT test.drop_enroll('c2', 'bob');
SELECT ok(pg_temp.night(), 'and is not any more');
SELECT is(test.members('c2'), 'ann bob cyd tom*', 'what was done by hand stays');
INSERT INTO test.sis_enroll SELECT d, 'again', class, person, role, begin_date, end_date FROM test.sis_enroll WHERE id = 'c2/cyd';
SELECT test.night();
SELECT test.drop_enroll('c2', 'cyd');
INSERT INTO test.sis_enroll SELECT d, 'again', 'c2', 'cyd', role, begin_date, end_date FROM test.sis_enroll WHERE id = 'c1/bob';
SELECT ok(pg_temp.night(), 'one of two enrollments in a class goes');
SELECT is(test.members('c2'), 'ann bob cyd tom*', 'the other keeps the place');

-- Whoever keeps more than the records say.
SELECT rosterd.pin(test.d(), 'person', test.person('ann'), 'asked for');
SELECT test.night();
SELECT test.drop_enroll('c2', 'ann');
SELECT ok(pg_temp.night(), 'a pinned student''s enrollment goes');
SELECT is(test.members('c2') || ', ' || judged, 'ann bob cyd tom*, ann gus', 'they are judged and stay') FROM looked;
SELECT rosterd.unpin(test.d(), 'person', test.person('ann'));
SELECT ok(pg_temp.night(), 'until they are pinned no more');
SELECT is(test.members('c2'), 'bob cyd tom*', 'and then they go');

-- rule: CRED-7
-- Two records of one teacher.
SELECT test.teacher('tim', 'Tom', 'Teak', 'tim@example.org');
SELECT test.night();
SELECT rosterd.link_person(test.d(), test.person('tom'), 'tim', 'one and the same');
SELECT test.night();
SELECT test.enroll('c2', 'tim', 'teacher');
SELECT test.night();
SELECT test.drop_enroll('c2', 'tim');
SELECT ok(pg_temp.night(), 'of two records of one person, one is enrolled no more');
SELECT is(test.members('c2'), 'bob cyd tim*', 'the other keeps the place');
SELECT is(judged, 'tim tom', 'both are looked at') FROM looked;
SELECT test.enroll('c2', 'tim', 'teacher');
SELECT test.night();
SELECT test.drop_enroll('c2', 'tom');
SELECT ok(pg_temp.night(), 'the other one goes, too');
SELECT is(test.members('c2'), 'bob cyd tim*', 'and the first keeps the place');
SELECT is(judged, 'tim tom', 'again for both') FROM looked;

-- Who is looked at for somebody else's sake, but not judged.
SELECT test.guardian('gus', 'Gustav', 'Ash', '{ann}', email => 'gus@example.org');
SELECT test.student('dan', 'Dan', 'Ash', agents => '{gia}'), test.guardian('gia', 'Gia', 'Ash', '{dan}', email => 'gus@example.org');
SELECT test.night();
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'), test.enroll('c1', 'dan');
SELECT ok(pg_temp.night(), 'a student is enrolled while another family contests their guardian''s e-mail');
SELECT is(test.members('c1'), 'bob dan', 'they are in the class');
SELECT is(seats, 'dan@c1+', 'and seen for another reason') FROM looked;

-- rule: SAFE-3
SELECT test.setting('removal_limit_min', '1'), test.setting('removal_limit_percent', '10'), test.setting('on_limit', 'hold-all');
SELECT test.night();
SELECT test.drop_enroll('c1', 'bob'), test.drop_enroll('c1', 'dan'), test.drop_enroll('c2', 'cyd');
DELETE FROM test.sis_enroll WHERE id = 'again';
SELECT test.night() AS run \gset
SELECT is((SELECT state FROM rosterd.run WHERE run_id = :run), 'held', 'places that are given up are counted as losses');
SELECT is((SELECT count(*) FROM sync.plan_item i WHERE i.kind = 'memberships' AND i.what = 'loss'), 3::bigint, 'each of them');
SELECT is(test.members('c1') || ', ' || test.members('c2'), 'bob dan, bob cyd tim*', 'and nobody is gone yet');
SELECT * FROM finish();
ROLLBACK;
