CREATE OR REPLACE VIEW rosterd.open_findings AS
SELECT d.slug, f.severity, f.code, f.file, f.line, f.column_name, f.sourced_id, f.message, f.count, r.created_at AS since, f.run_id
FROM rosterd.finding f
JOIN rosterd.district d ON d.district_id = f.district_id
LEFT JOIN rosterd.run r ON r.run_id = f.run_id
WHERE f.closed_by_run IS NULL
ORDER BY d.slug, CASE f.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, f.code, f.file, f.line, f.finding_id;

COMMENT ON VIEW rosterd.open_findings IS 'What stands found in the districts'' data, errors first. It names nobody, so it can be sent to the district as it is.';
COMMENT ON COLUMN rosterd.open_findings.slug IS 'The district.';
COMMENT ON COLUMN rosterd.open_findings.severity IS 'error = not used; warning = used in part or with a doubt; info = worth knowing.';
COMMENT ON COLUMN rosterd.open_findings.code IS 'What kind of finding, as a word.';
COMMENT ON COLUMN rosterd.open_findings.file IS 'The CSV in the zip.';
COMMENT ON COLUMN rosterd.open_findings.line IS 'The line in it, in the file of run_id.';
COMMENT ON COLUMN rosterd.open_findings.column_name IS 'The column.';
COMMENT ON COLUMN rosterd.open_findings.sourced_id IS 'The record, by its id in the SIS.';
COMMENT ON COLUMN rosterd.open_findings.message IS 'What was found and what to do.';
COMMENT ON COLUMN rosterd.open_findings.count IS 'How many like it this row stands for.';
COMMENT ON COLUMN rosterd.open_findings.since IS 'Since when it has been so.';
COMMENT ON COLUMN rosterd.open_findings.run_id IS 'The run that first found it.';
GRANT SELECT ON rosterd.open_findings TO rosterd_csm, rosterd_ops;
