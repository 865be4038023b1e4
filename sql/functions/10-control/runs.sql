CREATE OR REPLACE FUNCTION sync.runs(p_slug text, p_since timestamptz, p_limit integer)
RETURNS TABLE (
    run_id bigint, district_id bigint, slug text, cause text, state text, reason text, owner text, detail text,
    file_name text, file_size bigint, file_mtime bigint, file_sha256 text, counts jsonb, requested_by text, daemon text,
    created_at timestamptz, staged_at timestamptz, planned_at timestamptz, applied_at timestamptz, ended_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
BEGIN
    IF p_slug IS NOT NULL THEN
        v_district := rosterd.find_district(p_slug);
    END IF;
    RETURN QUERY
    SELECT r.run_id, r.district_id, d.slug, r.cause, r.state, r.reason, r.owner, r.detail,
           r.file_name, r.file_size, r.file_mtime, r.file_sha256, r.counts, r.requested_by, w.name,
           r.created_at, r.staged_at, r.planned_at, r.applied_at, r.ended_at
    FROM rosterd.run r
    JOIN rosterd.district d ON d.district_id = r.district_id
    LEFT JOIN rosterd.daemon w ON w.daemon_id = r.daemon_id
    WHERE (v_district IS NULL OR r.district_id = v_district) AND (p_since IS NULL OR r.created_at >= p_since)
    ORDER BY r.run_id DESC
    LIMIT p_limit;
END
$function$;

COMMENT ON FUNCTION sync.runs(text, timestamptz, integer) IS 'Runs of a district, or with NULL of all, since a time, newest first.';
REVOKE ALL ON FUNCTION sync.runs(text, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.runs(text, timestamptz, integer) TO rosterd_daemon;
