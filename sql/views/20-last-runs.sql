CREATE OR REPLACE VIEW rosterd.last_runs AS
SELECT r.run_id, d.slug, r.created_at AS started, rosterd.span_words(coalesce(r.ended_at, clock_timestamp()) - r.created_at) AS took,
       r.state, c.means AS why, r.detail, nullif(r.owner, 'nobody') AS who_acts, r.cause, r.requested_by, r.file_name, r.counts
FROM rosterd.run r
JOIN rosterd.district d ON d.district_id = r.district_id
LEFT JOIN rosterd.causes() c ON c.reason = r.reason
WHERE r.created_at > now() - interval '14 days'
ORDER BY r.run_id DESC;

COMMENT ON VIEW rosterd.last_runs IS 'The runs of the last 14 days, newest first. For one district: SELECT * FROM rosterd.last_runs WHERE slug = ''springfield-usd'';';
COMMENT ON COLUMN rosterd.last_runs.run_id IS 'Its number.';
COMMENT ON COLUMN rosterd.last_runs.slug IS 'The district.';
COMMENT ON COLUMN rosterd.last_runs.started IS 'When it began.';
COMMENT ON COLUMN rosterd.last_runs.took IS 'How long it took, or has taken so far.';
COMMENT ON COLUMN rosterd.last_runs.state IS 'How it ended, or the step it is at; explained at rosterd.run.state.';
COMMENT ON COLUMN rosterd.last_runs.why IS 'Why it ended so.';
COMMENT ON COLUMN rosterd.last_runs.detail IS 'More about that.';
COMMENT ON COLUMN rosterd.last_runs.who_acts IS 'Who has to act, if anybody.';
COMMENT ON COLUMN rosterd.last_runs.cause IS 'Why it began.';
COMMENT ON COLUMN rosterd.last_runs.requested_by IS 'Who asked for it, if somebody did.';
COMMENT ON COLUMN rosterd.last_runs.file_name IS 'The district''s file.';
COMMENT ON COLUMN rosterd.last_runs.counts IS 'What was read, added, changed and removed.';
GRANT SELECT ON rosterd.last_runs TO rosterd_csm, rosterd_ops;
