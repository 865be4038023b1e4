-- A district that has nothing to do with the one under test, made to be taken for it: the same SIS
-- ids, the same numbers of people and classrooms, the same credentials, and of everything else the
-- opposite. Its last night stands in a slot of its own. Whatever a run reads or changes of it shows:
-- here by its sum, and in the district under test by what the model does not expect.
CREATE TABLE test.opposite (kind text NOT NULL, target text NOT NULL, columns text NOT NULL, query text NOT NULL);

CREATE FUNCTION test.opposite_of(p_column text, p_type regtype) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN p_column = 'secret' THEN 'md5(x.secret)'
        WHEN p_column = 'status' THEN 'CASE x.status WHEN ''active'' THEN ''invitee'' ELSE ''active'' END'
        WHEN p_column = 'state' THEN 'CASE WHEN x.state IN (''open'', ''closed'', ''accepted'') THEN x.state WHEN x.state = ''active'' THEN ''archived'' ELSE ''active'' END'
        WHEN p_column IN ('given_name', 'family_name', 'sis_name', 'edited_name', 'title') THEN format('''Other '' || x.%I', p_column)
        WHEN p_type = 'boolean'::regtype THEN format('NOT x.%I', p_column)
        WHEN p_type = 'date'::regtype THEN format('x.%I + 45', p_column)
        ELSE format('x.%I', p_column) END $$;

-- How to copy every table that has the column: district_id, or slot.
CREATE FUNCTION test.opposites() RETURNS void LANGUAGE sql AS $$
    INSERT INTO test.opposite
    SELECT CASE WHEN bool_or(a.attname = 'slot') THEN 'slot' ELSE 'district' END, c.oid::regclass::text, string_agg(quote_ident(a.attname), ', '),
           string_agg(CASE a.attname WHEN 'slot' THEN '$2' WHEN 'district_id' THEN '$1' ELSE test.opposite_of(a.attname, a.atttypid) END, ', ')
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE NOT c.relispartition AND c.relkind IN ('r', 'p') AND NOT (n.nspname = 'rosterd' AND a.attidentity <> '')
      AND (n.nspname IN ('sis', 'directory', 'sync') OR n.nspname = 'stage' AND c.relname <> 'slot' OR c.oid = 'rosterd.finding'::regclass)
    GROUP BY c.oid HAVING bool_or(a.attname IN ('slot', 'district_id')) $$;
SELECT test.opposites();

-- The neighbour becomes the opposite of what the district is now; slot 7 that of slot 0.
CREATE FUNCTION test.become_opposite(p_neighbour bigint, p_district bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);  -- the order of the tables does not matter
    FOR v IN SELECT * FROM test.opposite LOOP
        EXECUTE format('DELETE FROM %s WHERE %s', v.target, CASE v.kind WHEN 'slot' THEN 'slot = 7' ELSE 'district_id = ' || p_neighbour END);
        EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %1$s x WHERE %4$s', v.target, v.columns, v.query,
                       CASE v.kind WHEN 'slot' THEN 'x.slot = 0 AND $1 IS NOT NULL' ELSE 'x.district_id = ' || p_district || ' AND $2 IS NOT NULL' END)
        USING p_neighbour, 7::smallint;
    END LOOP;
    PERFORM set_config('session_replication_role', 'origin', true);
END $$;

CREATE FUNCTION test.sum_of(p_neighbour bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_one text;
    v_all text := '';
BEGIN
    FOR v IN SELECT * FROM test.opposite ORDER BY target LOOP
        EXECUTE format('SELECT md5(coalesce(string_agg(x::text, '','' ORDER BY x::text), '''')) FROM %s x WHERE %s', v.target,
                       CASE v.kind WHEN 'slot' THEN 'x.slot = 7' ELSE 'x.district_id = ' || p_neighbour END) INTO v_one;
        v_all := v_all || v.target || ' ' || v_one || ' ';
    END LOOP;
    RETURN v_all;
END $$;
