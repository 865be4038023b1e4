-- Many rows that cannot be used: the whole package waits.
BEGIN;
\ir lib.sql
SELECT plan(12);
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.student('ann', 'Ann', 'Ash'), test.enroll('c1', 'ann');
CREATE FUNCTION test.ended() RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', state, reason, owner) FROM rosterd.run ORDER BY run_id DESC LIMIT 1 $$;
CREATE FUNCTION test.last_run() RETURNS bigint LANGUAGE sql AS $$ SELECT max(run_id) FROM rosterd.run $$;
SAVEPOINT first;

-- rule: SAFE-1
SELECT test.bad('person', 'bad ' || n) FROM generate_series(1, 11) n;
SELECT test.night();
SELECT is(test.ended(), 'held plan.bad_rows_over_limit csm', 'more than ten of a small file: held, also in the first run');
SELECT is((SELECT detail FROM rosterd.run WHERE run_id = test.last_run()), '11 of 12 rows of users.csv cannot be used', 'in a sentence');
SELECT is((SELECT withholds FROM rosterd.hold WHERE closed_at IS NULL), 'all', 'as a whole');
SELECT is((SELECT count(*) FROM sis.person WHERE district_id = test.d()) + (SELECT count(*) FROM sis.class WHERE district_id = test.d()), 0::bigint, 'nothing of it is applied');
ROLLBACK TO first;
SELECT test.night();
SELECT test.bad('person', 'bad ' || n) FROM generate_series(1, 10) n;
SELECT test.bad('enrollment', 'bad ' || n) FROM generate_series(1, 10) n;
SELECT test.student('bob', 'Bob', 'Birch');
SELECT test.night();
SELECT is(test.ended() || test.schools('bob'), 'dones1', 'up to ten of each file always pass');
SELECT test.bad('enrollment', 'one more');
SELECT test.student('cyd', 'Cyd', 'Cedar');
SELECT test.night();
SELECT is(test.ended() || test.schools('cyd'), 'held plan.bad_rows_over_limit csm', 'eleven do not');
SELECT test.setting('bad_rows_limit_percent', '100');
SELECT test.night();
SELECT is(test.ended() || test.schools('cyd'), 'dones1', 'unless the district''s limit allows them');
ROLLBACK TO first;
-- classes of no school are the classes' and no other file's
SELECT test.class('none ' || n, 'Class', 's9') FROM generate_series(1, 11) n;
SELECT test.night();
SELECT is((SELECT detail FROM rosterd.run WHERE run_id = test.last_run()), '11 of 12 rows of classes.csv cannot be used', 'what the delta sets aside counts for its own file');
ROLLBACK TO first;
SELECT test.student('s' || n, 'Stu' || n, 'Dent') FROM generate_series(1, 1188) n;
SELECT test.bad('person', 'bad ' || n) FROM generate_series(1, 12) n;
SELECT test.night();
SELECT is(test.ended(), 'done', '1 % of a larger file');
SELECT test.bad('person', 'one more'), test.student('s1', 'Stuart', 'Dent');
SELECT test.night();
SELECT is(test.ended(), 'held plan.bad_rows_over_limit csm', 'and one more');
SELECT is((SELECT shown -> 'words' ->> 0 FROM rosterd.run WHERE run_id = test.last_run()), '13 of 1,202 rows of users.csv cannot be used', 'is what is shown first');

SELECT rosterd.approve(test.last_run(), 'the district knows');
SELECT test.carry_out();
SELECT is((SELECT count(*) FROM sis.person WHERE district_id = test.d() AND given_name LIKE 'Stu%') || ' ' || test.ended(), '1188 done', 'approved, the other rows are used');

SELECT * FROM finish();
ROLLBACK;
