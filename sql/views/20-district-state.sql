-- What the views for people are made of. A daemon's word counts while the lease is the one it was
-- said under and no run has ended since; otherwise the last run speaks. What waits for a decision comes
-- before either.
CREATE OR REPLACE VIEW rosterd.district_state AS
SELECT d.district_id, d.slug, d.name, d.note,
       rosterd.sync_word(d) AS sync,
       d.sync_enabled AND coalesce(d.paused_until <= clock_timestamp(), true) AS is_on,
       state.health,
       CASE WHEN state.health IN ('ok', 'working', 'unknown') THEN NULL WHEN state.health = 'held' THEN held.reason WHEN said.counts THEN h.reason ELSE last.reason END AS reason,
       CASE WHEN state.health IN ('ok', 'working', 'unknown') THEN NULL WHEN state.health = 'held' THEN held.owner WHEN said.counts THEN h.owner ELSE last.owner END AS owner,
       CASE WHEN state.health IN ('ok', 'working', 'unknown') THEN NULL WHEN state.health = 'held' THEN held.detail WHEN said.counts THEN h.detail ELSE last.detail END AS detail,
       CASE WHEN state.health = 'held' THEN coalesce(hold.since, held.ended_at) WHEN said.counts AND state.health <> 'working' THEN h.since ELSE coalesce(last.ended_at, last.created_at) END AS since,
       last.run_id AS last_run_id, last.state AS last_state, last.reason AS last_reason,
       coalesce(last.ended_at, last.created_at) AS last_at,
       good.ended_at AS last_success_at,
       coalesce(t.errors, 0) AS errors, coalesce(t.warnings, 0) AS warnings,
       w.name AS daemon, w.heartbeat_at, alive.is_alive,
       s.district_id IS NOT NULL AS has_source, s.host_keys,
       d.seen_version >= d.version AS is_seen, d.seen_at, greatest(d.changed_at, s.changed_at) AS changed_at
FROM rosterd.district d
LEFT JOIN rosterd.source s ON s.district_id = d.district_id
LEFT JOIN rosterd.lease l ON l.district_id = d.district_id
LEFT JOIN rosterd.daemon w ON w.daemon_id = l.daemon_id
LEFT JOIN rosterd.health h ON h.district_id = d.district_id AND h.epoch = l.epoch
LEFT JOIN rosterd.tally t ON t.district_id = d.district_id
LEFT JOIN LATERAL (SELECT r.* FROM rosterd.run r WHERE r.district_id = d.district_id AND r.cause <> 'undo'
                   ORDER BY r.run_id DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (SELECT r.ended_at FROM rosterd.run r
                   WHERE r.district_id = d.district_id AND r.state IN ('done', 'unchanged') AND r.cause <> 'undo'
                   ORDER BY r.run_id DESC LIMIT 1) good ON true
LEFT JOIN rosterd.hold ON hold.district_id = d.district_id AND hold.closed_at IS NULL
LEFT JOIN rosterd.run held ON held.run_id = coalesce(hold.run_id, last.run_id)
CROSS JOIN LATERAL (SELECT coalesce(w.stopped_at IS NULL AND w.alive_until >= clock_timestamp(), false) AS is_alive) alive
CROSS JOIN LATERAL (SELECT coalesce(alive.is_alive AND h.health <> 'working'
                                    AND h.reported_at >= coalesce(last.ended_at, h.reported_at), false) AS counts) said
CROSS JOIN LATERAL (
    SELECT CASE WHEN last.state IN ('fetching', 'staging', 'planning', 'applying') AND alive.is_alive THEN 'working'
                WHEN hold.run_id IS NOT NULL THEN 'held'
                WHEN said.counts THEN h.health
                WHEN last.run_id IS NULL THEN 'unknown'
                WHEN last.state IN ('done', 'unchanged', 'previewed', 'refused', 'superseded') THEN 'ok'
                WHEN last.state = 'held' THEN 'held'
                WHEN last.state IN ('rejected', 'failed') AND coalesce(last.owner, 'nobody') <> 'nobody' THEN 'failing'
                WHEN d.sync_enabled THEN 'retrying'
                WHEN good.ended_at IS NOT NULL THEN 'ok'
                ELSE 'unknown' END AS health) state;

COMMENT ON VIEW rosterd.district_state IS 'What rosterd.districts and rosterd.needs_attention are made of.';
