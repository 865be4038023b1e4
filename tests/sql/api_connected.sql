-- Who is connected to which school, row by row: by the SIS's roles alone, whatever else somebody is beside it.
BEGIN;
\ir lib.sql
SELECT plan(12);
CREATE FUNCTION pg_temp.connected(p_d bigint, p_person bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(s.sourced_id, '-') || ' ' || k.role, ', ' ORDER BY s.sourced_id, k.role)
    FROM api.connected k LEFT JOIN directory.school s ON s.district_id = k.district_id AND s.school_id = k.school_id
    WHERE k.district_id = p_d AND k.person_id = p_person $$;
CREATE FUNCTION pg_temp.by_hand(p_d bigint, p_name text) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO directory.person (district_id, given_name, family_name, status) VALUES (p_d, p_name, 'Hand', 'active') RETURNING person_id $$;
CREATE FUNCTION pg_temp.fill(p_slug text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.district(p_slug);
    PERFORM test.org('s2', 'South'), test.class('c1', 'Class 1');
    PERFORM test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Ash'), test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'),
            test.guardian('bea', 'Bea', 'Ash', '{bob}', email => 'bea@example.org'), test.enroll('c1', 'ann'), test.enroll('c1', 'bob');
    PERFORM test.sync();
    RETURN test.d();
END $$;
SELECT pg_temp.fill('elm') AS elm \gset
SELECT pg_temp.fill('oak') AS oak \gset
SELECT pg_temp.by_hand(:oak, 'Lea') AS lea \gset
SELECT pg_temp.by_hand(:oak, 'Leo') AS leo \gset

-- rule: ABN-S4
-- a student who has become a helper at another school takes their guardian along to their own school alone
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (:oak, test.person('ann'), test.school('s2'), 'teacher', false, true);
SELECT is(pg_temp.connected(:oak, test.person('ann')), 's1 student, s2 teacher', 'somebody is connected by each role');
SELECT is(pg_temp.connected(:oak, test.person('gus')), 's1 guardian', 'a guardian where the child is a student');
SELECT is((SELECT string_agg(s.sourced_id, ' ') FROM sync.live_guardianship g JOIN directory.school s ON s.district_id = g.district_id AND s.school_id = g.school_id
           WHERE g.district_id = :oak AND g.guardian = test.person('gus')), 's1', 'there alone they are in use');
SELECT is_empty(format($$ SELECT * FROM sync.live_at_least(%s, '{guardianships,guardians,invitees}', array_fill(%s::bigint, '{3}'), '{1,1,1}') $$, :oak, test.school('s2')),
                'and no guardian, invited or not, is in use at the other');
UPDATE directory.role SET state = 'archived' WHERE district_id = :oak AND person_id = test.person('bob');
SELECT is(concat_ws('|', pg_temp.connected(:oak, test.person('bob')), pg_temp.connected(:oak, test.person('bea'))), '', 'an archived student connects nobody');

-- rule: ABN-S5
-- who leads the district is at each of its schools, and at none of another's
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual, state)
VALUES (:oak, :lea, 0, 'district_leader', false, true, 'active'), (:oak, :leo, 0, 'district_leader', false, true, 'archived');
SELECT is(pg_temp.connected(:oak, :lea), 's1 district_leader, s2 district_leader', 'once at each school of the district');
SELECT is((SELECT count(*) FROM api.connected WHERE role = 'district_leader'), 2::bigint, 'and at no other');
SELECT is(pg_temp.connected(:oak, :leo), NULL, 'a leader no more is nowhere');

-- rule: IN-6
-- by night: invited is who is still connected, by a child's place as a student and by no other
SELECT test.student('cyd', 'Cyd', 'Ash', email => 'cyd@example.org'), test.guardian('gil', 'Gil', 'Ash', '{cyd}', email => 'gil@example.org'), test.enroll('c1', 'cyd');
SELECT test.sync();
UPDATE directory.person SET account_enabled = true WHERE district_id = :oak AND person_id = test.person('cyd');
SELECT test.student('cyd', 'Cydney', 'Ash', email => 'cyd@example.org');
SELECT test.sync();
SELECT is(concat_ws(' ', test.invitations('cyd'), test.invitations('gil'), test.invitations('gus')), 'cyd@example.org gil@example.org gus@example.org', 'all three are invited');
SELECT test.drop_person('cyd'), test.drop_person('ann');
SELECT test.sync();
SELECT is(concat_ws('|', test.schools('cyd'), test.schools('ann')), '(s1)|(s1) s2', 'the students leave, and one goes on helping');
SELECT is(concat_ws('', test.invitations('cyd'), test.invitations('gil'), test.invitations('gus')), '', 'nobody is invited any more');
-- an account that has a student's place left, though its record is a guardian's
SELECT test.student('eli', 'Eli', 'Elm'), test.enroll('c1', 'eli'), test.guardian('eva', 'Eva', 'Elm', '{eli}', email => 'eva@example.org');
SELECT test.sync();
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, state) VALUES (:oak, test.person('eva'), test.school('s2'), 'student', true, 'archived');
SELECT test.guardian('eva', 'Eva', 'Elm', '{eli}', email => 'new@example.org');
SELECT test.sync();
SELECT is(test.credentials('eva') || '|' || test.invitations('eva'), 'new@example.org|', 'is invited no more than a student is');

SELECT * FROM finish();
ROLLBACK;
