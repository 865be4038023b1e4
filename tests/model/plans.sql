-- Most of what a history costs is the planning of statements about a handful of people. Nothing here changes
-- what a function answers; it lets PostgreSQL keep its plans for the whole session.

-- Only the slots that histories use: a plan opens every leaf of what it reads.
DO $do$
DECLARE
    v_leaf regclass;
BEGIN
    FOR v_leaf IN SELECT i.inhrelid::regclass FROM pg_inherits i JOIN pg_partitioned_table t ON t.partrelid = i.inhparent
                  WHERE pg_get_expr((SELECT c.relpartbound FROM pg_class c WHERE c.oid = i.inhrelid), i.inhrelid) !~ '''?[07]''?\)$' LOOP
        EXECUTE format('DROP TABLE %s', v_leaf);
    END LOOP;
    DELETE FROM stage.slot s WHERE s.slot NOT IN (0, 7);
END $do$;

-- A function in SQL that is not inlined is planned anew by every statement that calls it, one in PL/pgSQL once.
DO $do$
DECLARE
    f record;
    v_body text;
BEGIN
    FOR f IN SELECT p.prosrc, p.proretset, p.prorettype, pg_get_functiondef(p.oid) AS definition
             FROM pg_proc p
             JOIN pg_type t ON t.oid = p.prorettype
             WHERE p.pronamespace IN ('sync'::regnamespace, 'rosterd'::regnamespace, 'stage'::regnamespace, 'api'::regnamespace)
               AND p.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'sql')
               AND p.proconfig IS NOT NULL AND (p.proretset OR t.typtype <> 'c') AND btrim(p.prosrc, E' \n;') !~ ';|--' LOOP
        v_body := btrim(f.prosrc, E' \n;');
        CONTINUE WHEN v_body ~* '\yRETURNING\y';
        v_body := CASE WHEN f.proretset THEN 'RETURN QUERY ' || v_body
                       WHEN f.prorettype <> 'void'::regtype THEN format('RETURN (%s)', v_body)
                       ELSE regexp_replace(v_body, '^SELECT', 'PERFORM') END;
        EXECUTE replace(replace(f.definition, 'LANGUAGE sql', 'LANGUAGE plpgsql'), f.prosrc, format(E'\n#variable_conflict use_column\nBEGIN %s; END\n', v_body));
    END LOOP;
END $do$;

-- What goes through the slot's leaves by dynamic statements, written out for slot 0. No leaf is truncated, and no
-- statistics are gathered: both would have all plans made again.
DO $do$
DECLARE
    v_tables CONSTANT regclass[] := ARRAY(SELECT t.partrelid::regclass FROM pg_partitioned_table t ORDER BY t.partrelid);
BEGIN
    EXECUTE (SELECT format($$CREATE OR REPLACE FUNCTION stage.empty_slot(p_tables text[], p_slot smallint) RETURNS void
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$ BEGIN %s END $body$ $$,
        string_agg(format('IF p_slot = %s AND %L = ANY (p_tables) THEN DELETE FROM %s_%s; END IF;', s, t, t, s), ' '))
        FROM unnest(v_tables) t CROSS JOIN (VALUES (0), (7)) AS slot (s));
    EXECUTE (SELECT format($$CREATE OR REPLACE FUNCTION sync.slot_rows(p_tables text[], p_slot smallint) RETURNS jsonb
        LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$ BEGIN ASSERT p_slot = 0; %s END $body$ $$,
        string_agg(format('IF p_tables[1] ~ ''^%s'' THEN RETURN jsonb_build_object(%s); END IF;', x.schema, x.counts), ' '))
        FROM (SELECT split_part(t::text, '.', 1) AS schema, string_agg(format('%L, (SELECT count(*) FROM %s_0)', split_part(t::text, '.', 2), t), ', ') AS counts
              FROM unnest(v_tables) t GROUP BY 1) x);
END $do$;
DO $do$
DECLARE
    v_close CONSTANT text := pg_get_functiondef('stage.close'::regproc);
BEGIN
    ASSERT v_close ~ 'EXECUTE format\(''ANALYZE';
    EXECUTE replace(v_close, 'EXECUTE format(''ANALYZE', 'PERFORM format(''ANALYZE');
END $do$;

-- The picture of a district in one statement, not in one for each table.
DO $do$
DECLARE
    v_table record;
    v_all text := '';
BEGIN
    FOR v_table IN
        SELECT c.oid::regclass AS name, string_agg(CASE
                   WHEN a.attname = 'digest' THEN '''has_digest='' || (x.digest IS NOT NULL)'
                   WHEN a.attname IN ('person_id', 'student_id', 'guardian_id', 'left_account') THEN format('%L || coalesce(p_names ->> (''person '' || x.%I), x.%I::text)', a.attname || '=', a.attname, a.attname)
                   WHEN a.attname IN ('school_id', 'classroom_id') THEN format('%L || coalesce(p_names ->> (%L || x.%I), x.%I::text)', a.attname || '=', split_part(a.attname, '_', 1) || ' ', a.attname, a.attname)
                   ELSE format('%L || x.%I::text', a.attname || '=', a.attname) END, ', ' ORDER BY a.attname) AS words
        FROM test.pictured() t (name)
        JOIN pg_class c ON c.oid = t.name
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attname !~ test.not_pictured() OR a.attname = 'digest')
        GROUP BY c.oid ORDER BY c.oid::regclass::text
    LOOP
        v_all := v_all || format($$ || %L || coalesce((SELECT string_agg(r.line, E'\n' ORDER BY r.line COLLATE "C")
            FROM (SELECT concat_ws(' ', %s) AS line FROM %s x WHERE x.district_id = p_district %s) r), '') || E'\n'$$,
            v_table.name || E':\n', v_table.words, v_table.name, CASE WHEN v_table.name::text LIKE 'rosterd.%' THEN 'AND x.closed_at IS NULL' ELSE '' END);
    END LOOP;
    EXECUTE format('CREATE OR REPLACE FUNCTION test.picture_of_tables(p_district bigint, p_names jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN '''' %s; END $$', v_all);
END $do$;
