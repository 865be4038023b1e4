CREATE OR REPLACE VIEW rosterd.districts AS
SELECT s.slug, s.name, s.sync, s.health,
       c.means AS why,
       CASE WHEN s.is_on THEN s.owner END AS who_acts,
       s.last_success_at AS last_success,
       coalesce(rosterd.span_words(clock_timestamp() - s.last_success_at) || ' ago', 'never') AS age,
       s.last_state || coalesce(' (' || s.last_reason || ')', '') AS last_run,
       s.errors, s.warnings,
       CASE WHEN s.is_seen THEN 'applied ' || rosterd.span_words(s.seen_at - s.changed_at) || ' later'
            WHEN s.is_alive THEN 'waiting for rosterd'
            ELSE 'waiting: no rosterd is running for it' END AS last_change,
       coalesce(s.daemon || ', seen ' || rosterd.span_words(clock_timestamp() - s.heartbeat_at) || ' ago', 'none') AS rosterd,
       s.note
FROM rosterd.district_state s
LEFT JOIN rosterd.causes() c ON c.reason = s.reason
ORDER BY s.slug;

COMMENT ON VIEW rosterd.districts IS 'Every district in words: its switch, how it is, who acts, how old its data are, and whether rosterd has taken up the last change.';
COMMENT ON COLUMN rosterd.districts.slug IS 'What the district is called in functions and commands.';
COMMENT ON COLUMN rosterd.districts.name IS 'What people call it.';
COMMENT ON COLUMN rosterd.districts.sync IS 'on, paused until a time, or off.';
COMMENT ON COLUMN rosterd.districts.health IS 'ok; working (a run is under way); late (nothing good for too long); retrying (tried again by itself); held (waits for a decision); failing (somebody has to act); unknown (never synced).';
COMMENT ON COLUMN rosterd.districts.why IS 'What is wrong, if something is.';
COMMENT ON COLUMN rosterd.districts.who_acts IS 'Who has to act: district, ops, csm or nobody.';
COMMENT ON COLUMN rosterd.districts.last_success IS 'When the district''s data were last brought up to date.';
COMMENT ON COLUMN rosterd.districts.age IS 'How long ago that was.';
COMMENT ON COLUMN rosterd.districts.last_run IS 'How the last run ended, or the step it is at.';
COMMENT ON COLUMN rosterd.districts.errors IS 'Open errors: rows or files that were not used. TABLE rosterd.open_findings;';
COMMENT ON COLUMN rosterd.districts.warnings IS 'Open warnings.';
COMMENT ON COLUMN rosterd.districts.last_change IS 'Whether rosterd works with the last change of the district''s settings.';
COMMENT ON COLUMN rosterd.districts.rosterd IS 'The rosterd that works on it and when it last said it lives. Old: everything beside it is old news.';
COMMENT ON COLUMN rosterd.districts.note IS 'The CSM''s note.';
GRANT SELECT ON rosterd.districts TO rosterd_csm, rosterd_ops;
