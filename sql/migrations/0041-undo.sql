ALTER TABLE rosterd.run ADD COLUMN undoes bigint;
COMMENT ON COLUMN rosterd.run.undoes IS 'Of an undo: the run it put back what it could of.';
CREATE INDEX run_by_undone ON rosterd.run (undoes) WHERE undoes IS NOT NULL;
