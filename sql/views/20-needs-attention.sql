CREATE OR REPLACE VIEW rosterd.needs_attention AS
WITH state AS MATERIALIZED (SELECT s.* FROM rosterd.district_state s)
SELECT a.since, a.slug, a.what, a.why, a.who_acts, a.what_to_do
FROM (
    SELECT 0 AS rank, (SELECT max(coalesce(d.stopped_at, d.alive_until)) FROM rosterd.daemon d) AS since, '(all)' AS slug,
           'no rosterd is running' AS what, 'None has said that it lives; no district is synced.' AS why,
           'ops' AS who_acts, 'Look at its machine: systemctl status rosterd' AS what_to_do
    WHERE EXISTS (SELECT FROM rosterd.district d WHERE d.sync_enabled)
      AND NOT EXISTS (SELECT FROM rosterd.daemon d WHERE d.stopped_at IS NULL AND d.alive_until >= clock_timestamp())
    UNION ALL
    SELECT 1, s.since, s.slug, s.health, coalesce(c.means, s.reason, 'The reason is not known.') || coalesce(' (' || s.detail || ')', ''),
           coalesce(s.owner, c.owner, 'ops'),
           CASE WHEN s.health = 'held' AND o.run_id IS NOT NULL
                THEN format('Look: SELECT * FROM rosterd.holds WHERE slug = %L; then SELECT rosterd.approve(%s, ''why''); or SELECT rosterd.refuse(%2$s, ''why'');',
                            s.slug, o.run_id)
                ELSE replace(replace(coalesce(c.what_to_do, 'See: rosterctl district SLUG'), 'SLUG', s.slug), 'RUN', coalesce(o.run_id::text, 'RUN')) END
    FROM state s LEFT JOIN rosterd.causes() c ON c.reason = s.reason
    LEFT JOIN rosterd.hold o ON o.district_id = s.district_id AND o.closed_at IS NULL
    WHERE s.is_on AND (s.health IN ('held', 'failing') OR s.health IN ('late', 'retrying') AND s.since < clock_timestamp() - interval '1 hour')
    UNION ALL
    SELECT 2, s.changed_at, s.slug, 'cannot start', 'The sync is on, but nobody has said where its files come from.',
           'ops', 'Give it a source: INSERT INTO rosterd.source (district_id, host, username, path, credential) ...'
    FROM state s WHERE s.is_on AND NOT s.has_source
    UNION ALL
    SELECT 2, s.changed_at, s.slug, 'cannot start', c.means, c.owner, replace(c.what_to_do, 'SLUG', s.slug)
    FROM state s JOIN rosterd.causes() c ON c.reason = 'sftp.hostkey_unknown'
    WHERE s.is_on AND s.host_keys = '{}' AND s.reason IS DISTINCT FROM c.reason
    UNION ALL
    SELECT 3, s.changed_at, s.slug, 'change not taken up', 'rosterd is running and has not read the last change of this district yet.',
           'ops', 'Look at rosterctl status, then at the journal.'
    FROM state s WHERE s.is_alive AND NOT s.is_seen AND s.changed_at < clock_timestamp() - interval '2 minutes'
    UNION ALL
    SELECT 4, (SELECT min(r.created_at) FROM rosterd.finding f JOIN rosterd.run r ON r.run_id = f.run_id
               WHERE f.district_id = s.district_id AND f.closed_by_run IS NULL AND f.severity = 'error'),
           s.slug, 'errors in the data', CASE WHEN s.errors = 1 THEN 'One row or part of the file was not used.' ELSE format('%s rows or parts of the file were not used.', s.errors) END,
           'district', format('Send the district what was found: SELECT * FROM rosterd.open_findings WHERE slug = %L;', s.slug)
    FROM state s WHERE s.is_on AND s.errors > 0
) a
ORDER BY a.rank, a.since, a.slug;

COMMENT ON VIEW rosterd.needs_attention IS 'What waits for somebody: worst first, then oldest first. Empty is good.';
COMMENT ON COLUMN rosterd.needs_attention.since IS 'Since when.';
COMMENT ON COLUMN rosterd.needs_attention.slug IS 'The district; (all) if it concerns every one.';
COMMENT ON COLUMN rosterd.needs_attention.what IS 'What is the matter, in a word or three.';
COMMENT ON COLUMN rosterd.needs_attention.why IS 'Why.';
COMMENT ON COLUMN rosterd.needs_attention.who_acts IS 'Who has to act: district, ops, csm or nobody.';
COMMENT ON COLUMN rosterd.needs_attention.what_to_do IS 'The next step.';
GRANT SELECT ON rosterd.needs_attention TO rosterd_csm, rosterd_ops;
