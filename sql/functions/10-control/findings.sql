CREATE OR REPLACE FUNCTION sync.findings(p_slug text, p_run bigint, p_limit integer)
RETURNS TABLE (
    finding_id bigint, slug text, run_id bigint, severity text, code text, file text, line bigint, column_name text,
    sourced_id text, message text, count bigint, closed_by_run bigint, closed_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
BEGIN
    IF p_slug IS NOT NULL THEN
        v_district := rosterd.find_district(p_slug);
    END IF;
    IF p_run IS NOT NULL THEN
        SELECT r.district_id INTO v_district FROM rosterd.run r
        WHERE r.run_id = p_run AND (v_district IS NULL OR r.district_id = v_district);
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('there is no run %s', p_run)
                || coalesce(format(' of "%s"', p_slug), ''), HINT = 'List them with: TABLE rosterd.last_runs;';
        END IF;
    END IF;
    RETURN QUERY
    SELECT f.finding_id, d.slug, f.run_id, f.severity, f.code, f.file, f.line, f.column_name,
           f.sourced_id, f.message, f.count, f.closed_by_run, f.closed_at
    FROM rosterd.finding f JOIN rosterd.district d ON d.district_id = f.district_id
    WHERE (v_district IS NULL OR f.district_id = v_district)
      AND CASE WHEN p_run IS NULL THEN f.closed_by_run IS NULL
               ELSE f.run_id <= p_run AND (f.closed_by_run IS NULL OR f.closed_by_run > p_run) END
    ORDER BY CASE f.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, f.code, f.file, f.line, f.finding_id
    LIMIT p_limit;
END
$function$;

COMMENT ON FUNCTION sync.findings(text, bigint, integer) IS
    'What stands found: of a district now, or as it stood after one run; NULL for the slug: of all. Errors first.';
REVOKE ALL ON FUNCTION sync.findings(text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.findings(text, bigint, integer) TO rosterd_daemon;
