CREATE OR REPLACE FUNCTION sync.overview()
RETURNS TABLE (
    district_id bigint, slug text, name text, sync_enabled boolean, paused_until timestamptz, pause_reason text,
    preview_only boolean, note text, version bigint, seen_version bigint, seen_at timestamptz,
    changed_at timestamptz, changed_by text, daemon text, epoch bigint,
    kind text, host text, port integer, username text, path text, pattern text, host_keys text[], poll_every_s double precision,
    health text, health_reason text, health_owner text, health_detail text, health_since timestamptz, retry_at timestamptz,
    last_poll_at timestamptz,
    last_run_id bigint, last_cause text, last_state text, last_reason text, last_owner text, last_detail text,
    last_file_name text, last_file_size bigint, last_sha256 text, last_counts jsonb, last_requested_by text,
    last_created_at timestamptz, last_staged_at timestamptz, last_planned_at timestamptz, last_applied_at timestamptz,
    last_ended_at timestamptz, last_success_at timestamptz, errors bigint, warnings bigint,
    held_run bigint, held_since timestamptz, held_withholds text, held_reason text, held_detail text, held_file_name text,
    held_sha256 text, held_decision text, held_decided_by text, held_decided_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
    SELECT d.district_id, d.slug, d.name, d.sync_enabled, d.paused_until, d.pause_reason,
           d.preview_only, d.note, d.version, d.seen_version, d.seen_at,
           d.changed_at, d.changed_by, w.name, l.epoch,
           s.kind, s.host, s.port, s.username, s.path, s.pattern, s.host_keys, extract(epoch FROM s.poll_every)::double precision,
           h.health, h.reason, h.owner, h.detail, h.since, h.retry_at, h.last_poll_at,
           last.run_id, last.cause, last.state, last.reason, last.owner, last.detail,
           last.file_name, last.file_size, last.file_sha256, last.counts, last.requested_by,
           last.created_at, last.staged_at, last.planned_at, last.applied_at, last.ended_at,
           good.ended_at, coalesce(t.errors, 0), coalesce(t.warnings, 0),
           o.run_id, o.since, o.withholds, held.reason, coalesce(held.detail, o.shown -> 'words' ->> 0), held.file_name,
           o.file_sha256, o.what, o.decided_by, o.decided_at
    FROM rosterd.district d
    LEFT JOIN rosterd.source s ON s.district_id = d.district_id
    LEFT JOIN rosterd.lease l ON l.district_id = d.district_id
    LEFT JOIN rosterd.daemon w ON w.daemon_id = l.daemon_id
    LEFT JOIN rosterd.health h ON h.district_id = d.district_id AND h.epoch = l.epoch AND l.daemon_id IS NOT NULL
    LEFT JOIN rosterd.tally t ON t.district_id = d.district_id
    LEFT JOIN LATERAL (SELECT r.* FROM rosterd.run r WHERE r.district_id = d.district_id AND r.cause <> 'undo'
                       ORDER BY r.run_id DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (SELECT r.ended_at FROM rosterd.run r
                       WHERE r.district_id = d.district_id AND r.state IN ('done', 'unchanged') AND r.cause <> 'undo'
                       ORDER BY r.run_id DESC LIMIT 1) good ON true
    LEFT JOIN rosterd.hold o ON o.district_id = d.district_id AND o.closed_at IS NULL
    LEFT JOIN rosterd.run held ON held.run_id = o.run_id
    ORDER BY d.slug;
$function$;

COMMENT ON FUNCTION sync.overview() IS
    'Every district, other daemons'' too: its switch, who has it and what that one says of it, how its last run went, which run of it is held, and how much stands found against it.';
REVOKE ALL ON FUNCTION sync.overview() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.overview() TO rosterd_daemon;
