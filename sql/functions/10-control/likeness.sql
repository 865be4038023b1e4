-- Single letters count half, so that two letters in the wrong order in a short word are forgiven.
CREATE OR REPLACE FUNCTION rosterd.likeness(p_one text, p_other text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH one AS (SELECT DISTINCT size, substr(' ' || lower(p_one) || ' ', n, size) AS part
                 FROM generate_series(1, 2) AS size, generate_series(1, length(p_one) + 1) AS n),
         other AS (SELECT DISTINCT size, substr(' ' || lower(p_other) || ' ', n, size) AS part
                   FROM generate_series(1, 2) AS size, generate_series(1, length(p_other) + 1) AS n)
    SELECT coalesce(avg(score), 0) FROM (
        SELECT 2.0 * (SELECT count(*) FROM one JOIN other USING (size, part) WHERE one.size = s)
               / nullif((SELECT count(*) FROM one WHERE one.size = s) + (SELECT count(*) FROM other WHERE other.size = s), 0) AS score
        FROM generate_series(1, 2) AS s) AS scores;
$function$;

COMMENT ON FUNCTION rosterd.likeness(text, text) IS
    'How alike two words are, 0 to 1: the share of letters and of pairs of neighbouring letters they have in common. For "did you mean".';
REVOKE ALL ON FUNCTION rosterd.likeness(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.likeness(text, text) TO rosterd_csm, rosterd_ops;
