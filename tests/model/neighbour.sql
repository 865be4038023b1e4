-- A district that has nothing to do with the one under test, made to be taken for it: the same SIS
-- ids, the same numbers of people and classrooms, the same credentials, and of everything else the
-- opposite. Its last night stands in a slot of its own. Whatever a run reads or changes of it shows:
-- here by its sum, and in the district under test by what the model does not expect. Both functions are
-- written out for all tables once, so that their plans are kept.
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
           string_agg(CASE a.attname WHEN 'slot' THEN '7::smallint' WHEN 'district_id' THEN 'p_neighbour' ELSE test.opposite_of(a.attname, a.atttypid) END, ', ')
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE NOT c.relispartition AND c.relkind IN ('r', 'p') AND NOT (n.nspname = 'rosterd' AND a.attidentity <> '')
      AND (n.nspname IN ('sis', 'directory', 'sync') OR n.nspname = 'stage' AND c.relname <> 'slot' OR c.oid = 'rosterd.finding'::regclass)
    GROUP BY c.oid HAVING bool_or(a.attname IN ('slot', 'district_id')) $$;
SELECT test.opposites();

-- The neighbour becomes the opposite of what the district is now; slot 7 that of slot 0. No table refers
-- to another, so their order does not matter.
DO $do$
BEGIN
    EXECUTE (
        SELECT format('CREATE FUNCTION test.become_opposite(p_neighbour bigint, p_district bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN %s END $$',
                      string_agg(format('DELETE FROM %1$s x WHERE %2$s; INSERT INTO %1$s (%3$s) OVERRIDING SYSTEM VALUE SELECT %4$s FROM %1$s x WHERE %5$s;',
                                        o.target, CASE o.kind WHEN 'slot' THEN 'x.slot = 7' ELSE 'x.district_id = p_neighbour' END, o.columns, o.query,
                                        CASE o.kind WHEN 'slot' THEN 'x.slot = 0' ELSE 'x.district_id = p_district' END), ' '))
        FROM test.opposite o);
    EXECUTE (
        SELECT format('CREATE FUNCTION test.sum_of(p_neighbour bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN concat_ws('' '', %s); END $$',
                      string_agg(format('(SELECT %L || md5(coalesce(string_agg(x::text, '','' ORDER BY x::text), '''')) FROM %s x WHERE %s)', o.target || '=', o.target,
                                        CASE o.kind WHEN 'slot' THEN 'x.slot = 7' ELSE 'x.district_id = p_neighbour' END), ', '))
        FROM test.opposite o);
END $do$;
