-- How a district's files are read, where that is not the same for all.
ALTER TABLE rosterd.district
    ADD COLUMN use_preferred_names boolean NOT NULL DEFAULT false,
    ADD COLUMN file_encoding text NOT NULL DEFAULT 'utf-8'
        CONSTRAINT file_encoding_is_utf_8_or_windows_1252 CHECK (file_encoding IN ('utf-8', 'windows-1252')),
    ADD COLUMN file_reading text NOT NULL DEFAULT 'lenient'
        CONSTRAINT file_reading_is_lenient_or_strict CHECK (file_reading IN ('lenient', 'strict')),
    ADD COLUMN bad_rows_limit_percent numeric(12, 2) NOT NULL DEFAULT 1
        CONSTRAINT bad_rows_limit_percent_is_0_to_100 CHECK (bad_rows_limit_percent BETWEEN 0 AND 100);
COMMENT ON COLUMN rosterd.district.use_preferred_names IS 'CSM: true = people are called by preferredGivenName and preferredFamilyName where users.csv has them (OneRoster 1.2).';
COMMENT ON COLUMN rosterd.district.file_encoding IS 'CSM: utf-8, or windows-1252 for a district whose export cannot write UTF-8. UTF-16 and UTF-8 with their byte order marks are known by them either way.';
COMMENT ON COLUMN rosterd.district.file_reading IS 'CSM: lenient = what can be understood without guessing is taken, with a finding; strict = a package that is not as OneRoster has it, to the letter, is rejected as a whole.';
COMMENT ON COLUMN rosterd.district.bad_rows_limit_percent IS 'CSM: a file of which more than this percentage of the rows cannot be used is held as a whole package; up to 10 rows always pass.';
GRANT UPDATE (use_preferred_names, file_encoding, file_reading, bad_rows_limit_percent) ON rosterd.district TO rosterd_csm, rosterd_ops;

-- By which settings and by which reader a file was read (sync.reading): the same file is read again when that
-- has changed.
ALTER TABLE rosterd.run ADD COLUMN reading text;
COMMENT ON COLUMN rosterd.run.reading IS 'By which version of the reader and which settings the file was read.';
ALTER TABLE sis.judged ADD COLUMN reading text;

-- It answers the worker now, so that the daemon need not.
DROP FUNCTION IF EXISTS stage.open(bigint, bigint);
DROP FUNCTION IF EXISTS sync.read_districts(bigint, text);
