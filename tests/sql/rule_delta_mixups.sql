-- One id, and one line, in every file: what cannot be used of one kind says nothing of the others, nor of another district's file.
BEGIN;
\ir lib.sql
\ir libneighbour.sql
SELECT plan(12);
SELECT test.district();
DELETE FROM test.sis_org;
SELECT test.org('x' || n, 'School ' || n), test.session('x' || n, '2026-01-01', '2026-12-31'), test.class('x' || n, 'Class ' || n, school => 'x' || n),
       test.student('x' || n, 'Stu' || n, 'Dent', schools => ARRAY['x' || n])
FROM generate_series(1, 8) n;
INSERT INTO test.sis_enroll SELECT test.d(), 'x' || n, 'x' || n, 'x' || n, 'student' FROM generate_series(1, 8) n;
-- Of each kind, whose record is as it should be by this file, and who is there at all.
CREATE FUNCTION test.as_filed() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.kind || ':' || coalesce(x.ids, ''), ' ' ORDER BY x.n) FROM (
        SELECT 1 AS n, 'org' AS kind, string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.org m WHERE m.district_id = test.d() AND m.live AND m.name LIKE 'New%'
        UNION ALL SELECT 2, 'session', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.session m WHERE m.district_id = test.d() AND m.live AND m.end_date = '2027-01-31'
        UNION ALL SELECT 3, 'class', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.class m WHERE m.district_id = test.d() AND m.live AND m.title LIKE 'New%'
        UNION ALL SELECT 4, 'person', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.person m WHERE m.district_id = test.d() AND m.live AND m.given_name LIKE 'New%'
        UNION ALL SELECT 5, 'enrollment', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.enrollment m WHERE m.district_id = test.d() AND m.end_date = '2027-01-31'
    ) x (n, kind, ids) $$;
CREATE FUNCTION test.there() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.kind || ':' || coalesce(x.ids, ''), ' ' ORDER BY x.n) FROM (
        SELECT 1 AS n, 'org' AS kind, string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.org m WHERE m.district_id = test.d() AND m.live
        UNION ALL SELECT 2, 'session', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.session m WHERE m.district_id = test.d() AND m.live
        UNION ALL SELECT 3, 'class', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.class m WHERE m.district_id = test.d() AND m.live
        UNION ALL SELECT 4, 'person', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.person m WHERE m.district_id = test.d() AND m.live
        UNION ALL SELECT 5, 'enrollment', string_agg(substr(m.sourced_id, 2), '' ORDER BY m.sourced_id) FROM sis.enrollment m WHERE m.district_id = test.d()
    ) x (n, kind, ids) $$;
-- A row of each kind that cannot be used, each at another id, and so on another line.
CREATE FUNCTION test.some_bad() RETURNS void LANGUAGE sql AS $$
    SELECT test.bad('org', 'x1'), test.bad('session', 'x2'), test.bad('class', 'x3'), test.bad('person', 'x4'), test.bad('enrollment', 'x5') $$;
CREATE FUNCTION test.all_new() RETURNS void LANGUAGE sql AS $$
    SELECT test.org('x' || n, 'New school ' || n), test.session('x' || n, '2026-01-01', '2027-01-31'), test.class('x' || n, 'New class ' || n, school => 'x' || n),
           test.student('x' || n, 'New' || n, 'Dent', schools => ARRAY['x' || n])
    FROM generate_series(1, 8) n;
    UPDATE test.sis_enroll SET end_date = '2027-01-31' $$;
SELECT test.sync();
CREATE FUNCTION test.only_x8() RETURNS void LANGUAGE sql AS $$
    DELETE FROM test.sis_org WHERE id <> 'x8'; DELETE FROM test.sis_session; DELETE FROM test.sis_class; DELETE FROM test.sis_person; DELETE FROM test.sis_enroll $$;
SAVEPOINT known;

-- rule: SAFE-1
SELECT test.some_bad(), test.all_new();
SELECT test.sync();
SELECT is(test.as_filed(), 'org:2345678 session:1345678 class:1245678 person:1235678 enrollment:1234678', 'a row that cannot be used keeps the record of its own kind as it was, and no other');
SELECT is(test.there(), 'org:12345678 session:12345678 class:12345678 person:12345678 enrollment:12345678', 'and nobody goes');
ROLLBACK TO known;

-- rule: SAFE-1
SELECT test.bad(kind, 'x' || n) FROM unnest(ARRAY['org', 'session', 'class', 'person', 'enrollment']) kind, generate_series(1, 8) n;
SELECT test.sync();
DELETE FROM test.sis_bad;
SELECT test.all_new();
SELECT test.sync();
SELECT is(test.as_filed(), 'org:12345678 session:12345678 class:12345678 person:12345678 enrollment:12345678', 'what could not be used of another file stops nothing of this one');
ROLLBACK TO known;

-- rule: SAFE-1
SELECT test.some_bad();
SELECT test.only_x8();
SELECT test.sync();
SELECT is(test.there(), 'org:18 session:2 class:3 person:4 enrollment:5', 'a row that cannot be used keeps the record of its own kind there, and no other');
ROLLBACK TO known;

-- rule: SAFE-1
SELECT test.bad(kind, 'x' || n) FROM unnest(ARRAY['org', 'session', 'class', 'person', 'enrollment']) kind, generate_series(1, 8) n;
SELECT test.sync();
DELETE FROM test.sis_bad;
SELECT test.only_x8();
SELECT test.sync();
SELECT is(test.there(), 'org:8 session: class: person: enrollment:', 'and what could not be used of another file keeps nobody');
ROLLBACK TO known;

-- rule: SAFE-2
SELECT test.delta('orgs.csv', 'academicSessions.csv', 'classes.csv', 'users.csv', 'enrollments.csv');
SELECT test.gone('org', 'x1'), test.gone('session', 'x2'), test.gone('class', 'x3'), test.gone('person', 'x4'), test.gone('enrollment', 'x5');
SELECT test.sync();
SELECT is(test.there(), 'org:2345678 session:1345678 class:1245678 person:1235678 enrollment:1234678', 'who is gone is gone from the file that says so, and from no other');
ROLLBACK TO known;

-- rule: SAFE-1, SAFE-2
SELECT test.delta('orgs.csv', 'academicSessions.csv', 'classes.csv', 'users.csv', 'enrollments.csv');
SELECT test.gone(kind, 'x' || n) FROM unnest(ARRAY['org', 'session', 'class', 'person', 'enrollment']) kind, generate_series(1, 7) n;
SELECT test.some_bad();
SELECT test.sync();
SELECT is(test.there(), 'org:18 session:28 class:38 person:48 enrollment:58', 'one of whom a row cannot be used stays all the same, of that kind');
ROLLBACK TO known;

-- rule: SAFE-1, SAFE-2
SELECT test.delta('orgs.csv', 'academicSessions.csv', 'classes.csv', 'users.csv', 'enrollments.csv');
SELECT test.gone(kind, 'x' || n) FROM unnest(ARRAY['org', 'session', 'class', 'person', 'enrollment']) kind, generate_series(1, 7) n;
SELECT test.bad('session', NULL), test.bad('person', NULL);
SELECT test.sync();
SELECT is(test.there(), 'org:8 session:12345678 class:8 person:12345678 enrollment:8', 'with an id that cannot be read nobody of that kind goes, and of the others who is named');
SELECT is((SELECT string_agg(f.file || ' ' || f.count, ', ' ORDER BY f.file) FROM rosterd.finding f WHERE f.district_id = test.d() AND f.code = 'delta.gone_kept' AND f.closed_by_run IS NULL),
          'academicSessions.csv 7, users.csv 7', 'which is said of the two files, with how many');
ROLLBACK TO known;

-- rule: IN-7
SELECT test.bad('org', 'x1'), test.bad('session', 'x2'), test.bad('class', 'x3'), test.bad('enrollment', 'x5');
SELECT test.teacher('x' || n, 'Stu' || n, 'Dent', schools => ARRAY['x' || n]) FROM generate_series(1, 8) n;
SELECT test.sync();
SELECT is(test.findings('person.role_flip') || '|' || (SELECT count(*) FROM sis.person m WHERE m.district_id = test.d() AND m.roles LIKE 'student%'), 'x1 x2 x3 x4 x5 x6 x7 x8|8',
          'no student becomes a teacher on the line of another file''s row that cannot be used');
ROLLBACK TO known;

-- rule: ABN-B1
DELETE FROM test.sis_person;
SELECT test.sync();
SELECT test.bad('org', 'x1'), test.bad('session', 'x2'), test.bad('class', 'x3'), test.bad('enrollment', 'x5');
SELECT test.student('x' || n, 'Other', 'Name', schools => ARRAY['x' || n]) FROM generate_series(1, 8) n;
SELECT test.sync();
SELECT is(test.findings('person.id_reused') || '|' || (SELECT count(*) FROM sis.person m WHERE m.district_id = test.d() AND m.live), 'x1 x2 x3 x4 x5 x6 x7 x8|0', 'nor does anybody return as somebody else');
ROLLBACK TO known;

-- rule: SAFE-1
SELECT test.bad('org', 'x1'), test.bad('session', 'x2'), test.bad('person', 'x4'), test.bad('enrollment', 'x5');
SELECT test.class('x' || n, 'New class ' || n, school => 'nowhere') FROM generate_series(1, 8) n;
SELECT test.sync();
SELECT is(test.findings('class.school') || '|' || (SELECT count(*) FROM sis.class m WHERE m.district_id = test.d() AND m.live AND m.title LIKE 'Class%'), 'x1 x2 x3 x4 x5 x6 x7 x8|8',
          'nor does a class go to a school that is not there');

SELECT * FROM finish();
ROLLBACK;
