-- A file that would be read otherwise now (last_file_size 0: no file has that) is fetched once more.
-- last_file_* name the newest file that needs no second look: applied, found unchanged, rejected or
-- refused; held and previewed ones only while the settings are those they were judged by. held_* is the
-- district's open hold, whose file has to be kept; approved_* the same once it is to be carried out. An
-- approved run without a file (approved_sha256 NULL) is carried out by the rules alone; none is while runs
-- only preview.
CREATE OR REPLACE FUNCTION sync.read_districts(p_daemon bigint, p_slug text DEFAULT NULL)
RETURNS TABLE (
    district_id bigint, slug text, name text, epoch bigint,
    sync_enabled boolean, paused_until timestamptz, pause_reason text, version bigint, settings_version bigint,
    kind text, host text, port integer, username text, path text, pattern text, host_keys text[], credential text,
    poll_every_s double precision, ready text, after text,
    last_file_name text, last_file_size bigint, last_file_mtime bigint, last_sha256 text,
    last_run_id bigint, last_state text, last_reason text, last_owner text, last_detail text,
    last_ended_at timestamptz, last_success_at timestamptz,
    held_run bigint, held_sha256 text, held_since timestamptz, held_withholds text, held_reason text, held_detail text,
    approved_run bigint, approved_file_name text, approved_file_size bigint, approved_file_mtime bigint, approved_sha256 text, is_strict boolean,
    late_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    -- Acknowledged before they are read, so what is returned is never older than what was acknowledged.
    UPDATE rosterd.district AS seen SET seen_version = seen.version, seen_at = clock_timestamp()
    WHERE seen.district_id IN (
        SELECT d.district_id FROM rosterd.district d
        JOIN rosterd.lease l ON l.district_id = d.district_id
        WHERE l.daemon_id = p_daemon AND d.seen_version <> d.version AND (p_slug IS NULL OR d.slug = p_slug)
        FOR NO KEY UPDATE OF d SKIP LOCKED);

    RETURN QUERY
    SELECT d.district_id, d.slug, d.name, l.epoch,
           d.sync_enabled, d.paused_until, d.pause_reason, d.version, d.settings_version,
           s.kind, s.host, s.port, s.username, s.path, s.pattern, s.host_keys, s.credential,
           extract(epoch FROM s.poll_every)::double precision, s.ready, s.after,
           file.file_name, CASE WHEN file.reading = sync.reading(d) THEN file.file_size ELSE 0 END, file.file_mtime, file.file_sha256,
           last.run_id, last.state, last.reason, last.owner, last.detail,
           last.ended_at, good.ended_at,
           h.run_id, h.file_sha256, h.since, h.withholds, held.reason, coalesce(held.detail, h.shown -> 'words' ->> 0),
           a.run_id, a.file_name, a.file_size, a.file_mtime, a.file_sha256, d.file_reading = 'strict',
           e.late_at
    FROM rosterd.lease l
    JOIN rosterd.district d ON d.district_id = l.district_id
    LEFT JOIN rosterd.source s ON s.district_id = d.district_id
    LEFT JOIN LATERAL (SELECT r.* FROM rosterd.run r WHERE r.district_id = d.district_id AND r.cause <> 'undo'
                       ORDER BY r.run_id DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (SELECT r.ended_at FROM rosterd.run r
                       WHERE r.district_id = d.district_id AND r.state IN ('done', 'unchanged') AND r.cause <> 'undo'
                       ORDER BY r.run_id DESC LIMIT 1) good ON true
    LEFT JOIN LATERAL (SELECT r.* FROM rosterd.run r
                       WHERE r.district_id = d.district_id AND r.file_sha256 IS NOT NULL
                         AND (r.state IN ('done', 'unchanged', 'rejected', 'refused')
                              OR r.state IN ('held', 'previewed') AND r.settings_version = d.settings_version)
                       ORDER BY r.run_id DESC LIMIT 1) file ON true
    LEFT JOIN rosterd.expected e ON e.district_id = d.district_id
    LEFT JOIN rosterd.hold h ON h.district_id = d.district_id AND h.closed_at IS NULL
    LEFT JOIN rosterd.run held ON held.run_id = h.run_id
    LEFT JOIN rosterd.run a ON a.run_id = h.run_id AND h.decision = 'approved' AND NOT d.preview_only
    WHERE l.daemon_id = p_daemon AND (p_slug IS NULL OR d.slug = p_slug);
END
$function$;

COMMENT ON FUNCTION sync.read_districts(bigint, text) IS
    'The daemon''s own districts (or the one named) with their source and what came last; acknowledges their configuration as seen.';
REVOKE ALL ON FUNCTION sync.read_districts(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.read_districts(bigint, text) TO rosterd_daemon;
