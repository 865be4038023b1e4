-- After lib.sql: from now on every test.sync() runs beside a district that is the opposite of the one
-- it is for, and may not change it.
\ir ../model/neighbour.sql
ALTER FUNCTION test.sync(bigint, boolean) RENAME TO sync_alone;
CREATE FUNCTION test.sync(d bigint DEFAULT test.d(), p_file boolean DEFAULT true) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_neighbour bigint;
    v_sum text;
    v_run bigint;
BEGIN
    SELECT district_id INTO v_neighbour FROM rosterd.district WHERE slug = 'next-door';
    IF NOT FOUND THEN
        INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES ('next-door', 'Next Door', true) RETURNING district_id INTO v_neighbour;
    END IF;
    PERFORM test.become_opposite(v_neighbour, d);
    v_sum := test.sum_of(v_neighbour);
    v_run := test.sync_alone(d, p_file);
    IF test.sum_of(v_neighbour) <> v_sum THEN
        RAISE EXCEPTION 'the run has changed another district';
    END IF;
    RETURN v_run;
END $$;
