CREATE OR REPLACE FUNCTION sync.counts_on(p_begin date, p_end date, p_day date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT (p_begin IS NULL OR p_begin OPERATOR(pg_catalog.-) 30 OPERATOR(pg_catalog.<=) p_day)
       AND (p_end IS NULL OR p_day OPERATOR(pg_catalog.<=) p_end)
$function$;

COMMENT ON FUNCTION sync.counts_on(date, date, date) IS 'Whether an enrollment with these dates counts on a day (IN-1). No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.counts_on(date, date, date) FROM PUBLIC;
