-- The rules are what sync.judge_scope calls, and what that calls, and the views they may look through, which are few:
-- all of them count. Comments and layout are no rules.
CREATE OR REPLACE FUNCTION sync.rules_digest() RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_rules text[] := ARRAY['judge_scope'];
    v_known integer := 0;
BEGIN
    WHILE v_known < cardinality(v_rules) LOOP
        v_known := cardinality(v_rules);
        v_rules := ARRAY(
            SELECT unnest(v_rules)
            UNION
            SELECT f.proname::text
            FROM pg_proc p
            CROSS JOIN LATERAL regexp_matches(p.prosrc, '\msync\.(\w+)\s*\(', 'g') AS called (name)
            JOIN pg_proc f ON f.pronamespace = 'sync'::regnamespace AND f.proname = called.name[1]
            WHERE p.pronamespace = 'sync'::regnamespace AND p.proname = ANY (v_rules));
    END LOOP;
    RETURN (SELECT ('x' || left(md5(string_agg(t.body, '' ORDER BY t.name, t.body)), 7))::bit(28)::integer
            FROM (SELECT p.proname, regexp_replace(regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), '\s+', ' ', 'g')
                  FROM pg_proc p WHERE p.pronamespace = 'sync'::regnamespace AND p.proname = ANY (v_rules)
                  UNION ALL
                  SELECT c.relname, pg_get_viewdef(c.oid)
                  FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace IN ('sync'::regnamespace, 'directory'::regnamespace)) AS t (name, body));
END
$function$;

COMMENT ON FUNCTION sync.rules_digest() IS 'A number made of the text of all functions and views that decide something (UPD-6).';
REVOKE ALL ON FUNCTION sync.rules_digest() FROM PUBLIC;
