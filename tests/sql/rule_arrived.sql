-- A night of a district that has arrived since the statistics were made looks at what changed and its neighbours,
-- not at the district. Counted in rows, so that no clock decides.
BEGIN;
\ir lib.sql
SELECT plan(8);
CREATE FUNCTION pg_temp.fill(p_students integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.class('c' || n, 'Class ' || n) FROM generate_series(1, p_students / 10) n;
    PERFORM test.student('s' || n, 'Sue' || n, 'Ash' || n, agents => ARRAY['g' || n]),
            test.guardian('g' || n, 'Gus' || n, 'Ash' || n, ARRAY['s' || n], email => 'g' || n || '@example.org'),
            test.enroll('c' || 1 + n % (p_students / 10), 's' || n),
            test.enroll('c' || 1 + (n + 1) % (p_students / 10), 's' || n) FROM generate_series(1, p_students) n;
    INSERT INTO test.sis_digest VALUES (test.d(), true);
END $$;

-- A table of these few pages is read whole for a handful of rows, and rightly: not so one of a real district.
SET LOCAL seq_page_cost = 100;
SELECT test.district('small');
SELECT pg_temp.fill(100);
SELECT test.night();
ANALYZE sis.person, sis.link, sis.enrollment, sis.class, sis.org, directory.person, directory.role, directory.relationship, directory.credential,
        directory.invitation, directory.school, directory.classroom, directory.membership;
SELECT test.district('large');
SELECT pg_temp.fill(3000);
SELECT test.night();
SELECT is((SELECT count(*) FROM directory.member m WHERE m.district_id = test.d()), 6000::bigint, 'a large district has arrived');

-- rule: UPD-1
SELECT test.drop_enroll('c1', 's300'), test.enroll('c9', 's301');
SELECT cmp_ok(test.cost('SELECT test.night()'), '<', 2000::bigint, 'two places in classes: of 3,000 students with their guardians few are looked at');
SELECT is((SELECT count(*) FROM directory.member m JOIN directory.classroom c USING (district_id, classroom_id)
           WHERE m.district_id = test.d() AND c.sourced_id IN ('c1', 'c9')), 40::bigint, 'and one is given up, the other is taken');
-- rule: UPD-3
SELECT test.guardian('g7', 'Gustav', 'Ash7', '{s7}', email => 'gustav@example.org');
SELECT cmp_ok(test.cost('SELECT test.night()'), '<', 2000::bigint, 'a guardian''s name and e-mail: those of one family');
SELECT is((SELECT given_name FROM directory.person p WHERE p.district_id = test.d() AND p.sourced_id = 'g7'), 'Gustav', 'which is done');
-- rule: SAFE-3
SELECT cmp_ok(test.cost(format('SELECT sync.live_at_least(%s, ARRAY[%L], ARRAY[%s::bigint], ARRAY[30::bigint])', test.d(), k.kind, s.school_id)), '<', 1000::bigint, 'whether there are so many at a school: ' || k.kind)
FROM (VALUES ('memberships'), ('guardians')) AS k (kind), directory.school s WHERE s.district_id = test.d() AND s.sourced_id = 's1';

-- The planner believes statistics about a district whose number it knows.
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p
                   WHERE p.pronamespace = 'sync'::regnamespace AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
                     AND p.proname ~ '^(delta|scope|after|identify|find|record|judge|keep|guard|apply)' AND p.prosrc ~ '\w\.district_id = (v\.district_id|p_district)\M' $$,
    'the rules name their district by a subselect: see sync.use_plan_family');
SELECT * FROM finish();
ROLLBACK;
