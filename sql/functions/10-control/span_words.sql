CREATE OR REPLACE FUNCTION rosterd.span_words(p_span interval) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN s < 10 THEN round(s, 1) || ' s'
                WHEN s < 60 THEN floor(s) || ' s'
                WHEN s < 3600 THEN format('%s m %s s', floor(s / 60), floor(s % 60))
                WHEN s < 86400 THEN format('%s h %s m', floor(s / 3600), floor(s % 3600 / 60))
                ELSE format('%s d %s h', floor(s / 86400), floor(s % 86400 / 3600)) END
    FROM (SELECT greatest(extract(epoch FROM p_span), 0) AS s WHERE p_span IS NOT NULL) AS seconds;
$function$;

COMMENT ON FUNCTION rosterd.span_words(interval) IS 'A span of time as people say it: 0.4 s, 2 h 10 m, 3 d 4 h; NULL for NULL.';
REVOKE ALL ON FUNCTION rosterd.span_words(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.span_words(interval) TO rosterd_csm, rosterd_ops;
