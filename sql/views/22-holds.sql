CREATE OR REPLACE VIEW rosterd.holds AS
SELECT h.since, d.slug, h.run_id, r.file_name, CASE h.withholds WHEN 'all' THEN 'everything' ELSE 'the removals over the limit' END AS waits,
       ARRAY(SELECT jsonb_array_elements_text(h.shown -> 'words')) AS would,
       CASE WHEN h.decision = 'approved' THEN format('approved (%s) by %s: is carried out by the next run', h.what, h.decided_by) END AS decided,
       CASE WHEN h.decision IS NULL
            THEN format('SELECT rosterd.approve(%s, ''why'', %L); or SELECT rosterd.refuse(%1$s, ''why''); numbers: SELECT * FROM rosterd.hold_details WHERE run_id = %1$s;',
                        h.run_id, CASE WHEN h.shown -> 'mapping' <> 'null' THEN 'mapping' ELSE 'all' END) END AS what_to_do
FROM rosterd.hold h
JOIN rosterd.district d ON d.district_id = h.district_id
JOIN rosterd.run r ON r.run_id = h.run_id
WHERE h.closed_at IS NULL
ORDER BY h.since, d.slug;

COMMENT ON VIEW rosterd.holds IS 'What waits for a decision, longest first: what each held run would do, in people, and how to decide (SAFE-4).';
COMMENT ON COLUMN rosterd.holds.since IS 'Since when the district is held.';
COMMENT ON COLUMN rosterd.holds.slug IS 'The district.';
COMMENT ON COLUMN rosterd.holds.run_id IS 'The held run: its number is what is approved or refused.';
COMMENT ON COLUMN rosterd.holds.file_name IS 'Its file.';
COMMENT ON COLUMN rosterd.holds.waits IS 'Whether everything of the run waits, or only what it would take away.';
COMMENT ON COLUMN rosterd.holds.would IS 'What it would do.';
COMMENT ON COLUMN rosterd.holds.decided IS 'What was decided, if it is not carried out yet.';
COMMENT ON COLUMN rosterd.holds.what_to_do IS 'The next step.';
GRANT SELECT ON rosterd.holds TO rosterd_csm, rosterd_ops;
