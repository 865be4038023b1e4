-- Each run works in the leaves of its own slot. One that locked another's, if only to read nothing in it, would wait until
-- a large district's plan is over, or for each other: emptying a leaf takes it exclusively until its transaction ends.
-- The planner leaves the other leaves alone where it knows the slot when it makes the plan. It does in PL/pgSQL, but not in
-- functions in SQL; and not where a constant makes the whole condition false, for then the slot is forgotten too.
BEGIN;
\ir lib.sql
SELECT plan(5);

CREATE FUNCTION test.foreign_leaves(p_slot text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(DISTINCT c.oid::regclass::text, ' '), 'none')
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind = 'r' AND c.relname !~ ('_' || p_slot || '$')
$$;

SELECT is((SELECT string_agg(p.oid::regproc::text, ' ') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
           WHERE l.lanname = 'sql' AND p.proname <> 'plan_tables' -- it has their names only
             AND EXISTS (SELECT FROM pg_partitioned_table t JOIN pg_class c ON c.oid = t.partrelid
                         WHERE p.prosrc ~ (c.relnamespace::regnamespace || '\.' || c.relname || '\M'))),
          NULL, 'no function in SQL reads or writes the tables of the slots');

SELECT test.district();
SELECT test.org('s2', 'School 2'), test.class('c1', 'Class 1'), test.class('c2', 'Class 2', 's2');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org'), test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'),
       test.guardian('gia', 'Gia', 'Ash', ARRAY['ann'], email => 'gia@example.org'), test.guardian('gus', 'Gus', 'Ash', ARRAY['ann', 'nobody']);
SELECT test.enroll('c1', 'tea', 'teacher'), test.enroll('c1', 'ann'), test.enroll('c2', 'bob'), test.enroll('c9', 'bob');

-- rule: SAFE-8
SELECT test.begin_run() AS run \gset
SELECT s.slot FROM stage.slot s WHERE s.run_id = :run \gset
SELECT test.plan(:run);
SELECT is(test.foreign_leaves(:'slot'), 'none', 'the plan of a first sync locks no leaf of another slot');
SELECT test.apply(:run);
SELECT is(test.foreign_leaves(:'slot'), 'none', 'nor does applying it');

UPDATE rosterd.district SET removal_limit_min = 0, removal_limit_percent = 1, on_limit = 'hold-removals' WHERE district_id = test.d();
DELETE FROM test.sis_person WHERE id = 'bob';
SELECT test.begin_run() AS run \gset
SELECT s.slot FROM stage.slot s WHERE s.run_id = :run \gset
SELECT test.plan(:run);
SELECT is(test.foreign_leaves(:'slot'), 'none', 'nor does the plan of a night whose losses are held');
SELECT test.apply(:run);
SELECT is(test.foreign_leaves(:'slot'), 'none', 'nor does applying that');
SELECT * FROM finish();
ROLLBACK;
