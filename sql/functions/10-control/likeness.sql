CREATE OR REPLACE FUNCTION rosterd.likeness(p_one text, p_other text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH one AS (SELECT DISTINCT substr(' ' || lower(p_one) || ' ', n, 2) AS pair FROM generate_series(1, length(p_one) + 1) AS n),
         other AS (SELECT DISTINCT substr(' ' || lower(p_other) || ' ', n, 2) AS pair FROM generate_series(1, length(p_other) + 1) AS n)
    SELECT 2.0 * (SELECT count(*) FROM one JOIN other USING (pair))
           / nullif((SELECT count(*) FROM one) + (SELECT count(*) FROM other), 0);
$function$;

COMMENT ON FUNCTION rosterd.likeness(text, text) IS
    'How alike two words are, 0 to 1: the share of neighbouring letters they have in common. For "did you mean".';
REVOKE ALL ON FUNCTION rosterd.likeness(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.likeness(text, text) TO rosterd_csm, rosterd_ops;
