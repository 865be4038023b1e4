-- Two districts whose SIS gave out the same ids: what is gone or waits in the one is neither in the other.
BEGIN;
\ir lib.sql
SELECT plan(10);
-- The elder one, where everybody is, and where x1's place is another's.
SELECT test.district('elm');
SELECT test.org('x' || n, 'School ' || n), test.session('x' || n, '2026-01-01', '2026-12-31'), test.class('x' || n, 'Class ' || n),
       test.student('x' || n, 'Stu' || n, 'Dent', agents => ARRAY['g' || n]), test.guardian('g' || n, 'Guy' || n, 'Dent', email => 'g' || n || '@example.org')
FROM generate_series(1, 3) n;
INSERT INTO test.sis_enroll SELECT test.d(), 'x' || n, 'x' || n, 'x' || 4 - n, 'student' FROM generate_series(1, 3) n;
SELECT test.sync();
CREATE FUNCTION test.elm() RETURNS bigint LANGUAGE sql AS $$ SELECT district_id FROM rosterd.district WHERE slug = 'elm' $$;
SELECT test.district('oak');
SELECT test.org('x' || n, 'School ' || n), test.session('x' || n, '2026-01-01', '2026-12-31'), test.class('x' || n, 'Class ' || n),
       test.student('x' || n, 'Stu' || n, 'Dent', agents => ARRAY['g' || n]), test.guardian('g' || n, 'Guy' || n, 'Dent', email => 'g' || n || '@example.org')
FROM generate_series(1, 3) n;
INSERT INTO test.sis_enroll SELECT test.d(), 'x' || n, 'x' || n, 'x' || n, 'student' FROM generate_series(1, 3) n;
INSERT INTO test.sis_absent VALUES (test.d(), 'courses.csv');
INSERT INTO test.sis_digest VALUES (test.d(), false);
SELECT test.sync();
CREATE FUNCTION test.all_deltas() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM test.sis_digest;
    PERFORM test.delta('orgs.csv', 'academicSessions.csv', 'classes.csv', 'users.csv', 'enrollments.csv');
END $$;
CREATE FUNCTION test.there(d bigint DEFAULT test.d()) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.kind || ':' || coalesce(x.ids, ''), ' ' ORDER BY x.n) FROM (
        SELECT 1 AS n, 'org', string_agg(m.sourced_id, ',' ORDER BY m.sourced_id) FROM sis.org m WHERE m.district_id = d AND m.live AND m.sourced_id LIKE 'x%'
        UNION ALL SELECT 2, 'session', string_agg(m.sourced_id, ',' ORDER BY m.sourced_id) FROM sis.session m WHERE m.district_id = d AND m.live
        UNION ALL SELECT 3, 'class', string_agg(m.sourced_id, ',' ORDER BY m.sourced_id) FROM sis.class m WHERE m.district_id = d AND m.live
        UNION ALL SELECT 4, 'person', string_agg(m.sourced_id, ',' ORDER BY m.sourced_id) FROM sis.person m WHERE m.district_id = d AND m.live
        UNION ALL SELECT 5, 'link', string_agg(m.student, ',' ORDER BY m.student) FROM sis.link m WHERE m.district_id = d AND m.by_student
        UNION ALL SELECT 6, 'enrollment', string_agg(m.sourced_id, ',' ORDER BY m.sourced_id) FROM sis.enrollment m WHERE m.district_id = d
    ) x (n, kind, ids) $$;
-- Their loss waits for somebody's word.
CREATE FUNCTION test.wait(d bigint, p_id text) RETURNS void LANGUAGE sql AS $$
    UPDATE sis.org m SET loss_withheld = true WHERE m.district_id = d AND m.sourced_id = p_id;
    UPDATE sis.class m SET loss_withheld = true WHERE m.district_id = d AND m.sourced_id = p_id;
    UPDATE sis.person m SET loss_withheld = true WHERE m.district_id = d AND m.sourced_id = p_id;
    UPDATE sis.link m SET loss_withheld = true WHERE m.district_id = d AND m.student = p_id;
    UPDATE sis.enrollment m SET loss_withheld = true WHERE m.district_id = d AND m.sourced_id = p_id $$;
SAVEPOINT known;

-- rule: SAFE-2
SELECT test.all_deltas();
SELECT test.gone(kind, 'x1') FROM unnest(ARRAY['org', 'session', 'class', 'person', 'enrollment']) kind;
SELECT test.sync();
CREATE TEMP TABLE before AS SELECT * FROM test.rows_of(test.d()) WHERE relation IN ('sis.org', 'sis.session', 'sis.class', 'sis.person', 'sis.link', 'sis.enrollment');
SELECT test.sync();
SELECT is((SELECT count(*) FROM (SELECT * FROM test.rows_of(test.d()) WHERE relation IN ('sis.org', 'sis.session', 'sis.class', 'sis.person', 'sis.link', 'sis.enrollment')
                                 EXCEPT TABLE before) x), 0::bigint, 'who has gone goes no second time because another district still has them');
ROLLBACK TO known;

-- rule: SAFE-4
SELECT test.wait(test.elm(), 'x1');
SELECT ok(stage.offered_digest(test.d()) IS NOT NULL, 'what waits in another district does not make this one be read whole');
SELECT test.all_deltas();
SELECT test.sync();
SELECT is(test.there(), 'org:x1,x2,x3 session:x1,x2,x3 class:x1,x2,x3 person:g1,g2,g3,x1,x2,x3 link:x1,x2,x3 enrollment:x1,x2,x3', 'nor does it take anybody out of it');
ROLLBACK TO known;

-- rule: SAFE-4
UPDATE sis.enrollment m SET loss_withheld = true WHERE m.district_id = test.d() AND m.sourced_id = 'x1';
SELECT test.all_deltas();
SELECT test.sync();
SELECT is(test.members('x1') || '|' || test.members('x2') || '|' || test.members('x1', test.elm()), '|x2|x3', 'a place that waits is lost by who has it here, once that is approved');
ROLLBACK TO known;

-- rule: SAFE-1, SAFE-4
SELECT test.wait(test.d(), 'x1'), test.wait(test.d(), 'x2');
UPDATE sis.link m SET loss_withheld = false WHERE m.district_id = test.d() AND m.student = 'x2';
SELECT test.all_deltas();
SELECT test.bad(kind, 'x2') FROM unnest(ARRAY['org', 'class', 'person', 'enrollment']) kind;
SELECT test.sync();
SELECT is(test.there(), 'org:x2,x3 session:x1,x2,x3 class:x2,x3 person:g1,g2,g3,x2,x3 link:x2,x3 enrollment:x2,x3', 'what waits is put to the guard again by a delta, but for whose row cannot be used');
ROLLBACK TO known;

-- rule: SAFE-4
SELECT test.wait(test.d(), 'x1');
SELECT test.all_deltas();
SELECT test.gone(kind, 'x1') FROM unnest(ARRAY['org', 'class', 'person', 'enrollment']) kind;
SELECT test.sync();
SELECT is(test.there(), 'org:x2,x3 session:x1,x2,x3 class:x2,x3 person:g1,g2,g3,x2,x3 link:x2,x3 enrollment:x2,x3', 'who waits and is named again goes once');
ROLLBACK TO known;

-- rule: IN-5
DELETE FROM test.sis_digest;
UPDATE sis.link m SET loss_withheld = true WHERE m.district_id = test.d() AND m.student = 'x1';
SELECT test.delta('classes.csv');
DELETE FROM test.sis_person WHERE d = test.d() AND id IN ('x1', 'g1');
SELECT test.sync();
SELECT is(test.there(), 'org:x1,x2,x3 session:x1,x2,x3 class:x1,x2,x3 person:g2,g3,x2,x3 link:x1,x2,x3 enrollment:x1,x2,x3', 'a family that leaves a complete users.csv keeps its relationships as last accepted');
ROLLBACK TO known;

-- rule: IN-5
SELECT test.all_deltas();
SELECT test.student('x1', 'Stu1', 'Dent');
SELECT test.gone('person', 'g1');
SELECT test.sync();
SELECT test.all_deltas();
SELECT test.student('x1', 'Stu1', 'Dent', agents => '{g1}');
SELECT test.sync();
SELECT test.all_deltas();
SELECT test.guardian('g1', 'Guy1', 'Dent', email => 'g1@example.org');
SELECT test.sync();
SELECT is(test.guardians('x1'), 'g1', 'a guardian who has left may be stated, and comes back as one');
ROLLBACK TO known;

-- rule: SAFE-2
SELECT test.all_deltas();
INSERT INTO test.sis_delta VALUES (test.d(), 'courses.csv');
SELECT test.student('x4', 'Stu4', 'Dent');
SELECT test.sync();
SELECT is(test.schools('x4'), 's1', 'a file that is not in the package needs no complete one before it');
ROLLBACK TO known;

-- rule: SAFE-8
SELECT test.begin_run();
UPDATE rosterd.lease l SET epoch = l.epoch + 1 WHERE l.district_id = test.d();
SELECT throws_ok(format('SELECT test.as_user(%L, %L)', 'rosterd_stage_0',
                        (SELECT format('SELECT stage.open(%s, %s)', r.run_id, r.epoch) FROM rosterd.run r ORDER BY r.run_id DESC LIMIT 1)),
                 'RS101', NULL, 'a worker fills no slot of a district that is another daemon''s by now');

SELECT * FROM finish();
ROLLBACK;
