-- A drop may hold the CSV files themselves (docs/adr/0020-loose-files.md).
COMMENT ON COLUMN rosterd.source.pattern IS 'Which file names are taken: * any characters, ? one, e.g. oneroster-*.zip. If it ends in .csv, the CSV files of the folder are one set.';
