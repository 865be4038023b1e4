-- What the app asks about a district that has just arrived, while the statistics are still those of a small one: the rows that
-- are looked at grow with what is asked for, not with its square. Counted in rows, so that no clock decides.
BEGIN;
\ir lib.sql
SELECT plan(6);
CREATE FUNCTION pg_temp.fill(p_slug text, p_students integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_d bigint := test.district(p_slug);
BEGIN
    INSERT INTO directory.school (district_id, school_id, sourced_id, name) VALUES (v_d, 1, 's1', 'School 1');
    INSERT INTO directory.person (district_id, person_id, sourced_id, given_name, family_name)
    SELECT v_d, n, 'p' || n, 'P' || n, 'Ash' FROM generate_series(1, 2 * p_students) n;
    INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis) SELECT v_d, n, 1, 'student', true FROM generate_series(1, p_students) n;
    INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis) SELECT v_d, n, p_students + n, true FROM generate_series(1, p_students) n;
    INSERT INTO directory.credential (district_id, person_id, kind, value) SELECT v_d, p_students + n, 'email', n || '@example.org' FROM generate_series(1, p_students) n;
    INSERT INTO directory.invitation (district_id, person_id, kind, value) SELECT v_d, p_students + n, 'email', n || '@example.org' FROM generate_series(1, p_students) n;
    RETURN v_d;
END $$;

SELECT pg_temp.fill('small', 10);
ANALYZE directory.person, directory.role, directory.relationship, directory.credential, directory.invitation, directory.school;
SELECT pg_temp.fill('large', 500) AS d \gset
SELECT cmp_ok(test.cost(format('SELECT * FROM api.school_directory(%s, 1, %L)', :d, 'active')), '<', 10000::bigint, 'a school''s page');
SELECT cmp_ok(test.cost(format('SELECT * FROM api.audience(%s, 1)', :d)), '<', 10000::bigint, 'the people of a school');
SELECT cmp_ok(test.cost(format('SELECT * FROM api.audience(%s, NULL)', :d)), '<', 10000::bigint, 'the people of the district');
SELECT cmp_ok(test.cost(format('SELECT * FROM api.take_outbox(%s, 100)', :d)), '<', 10000::bigint, 'the outbox');
SELECT is((SELECT count(*) FROM api.audience(:d, 1)), 1000::bigint, 'everybody is there, with or without a credential');
SELECT set_eq(format('SELECT * FROM api.audience(%s, 1)', :d), format('SELECT * FROM api.audience(%s, NULL)', :d), 'the only school is the district');
SELECT * FROM finish();
ROLLBACK;
