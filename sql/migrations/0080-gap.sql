-- complete: the run in which each file was last accepted complete (bulk). A delta builds on it and on
-- every package that came since.
ALTER TABLE sis.judged ADD COLUMN complete jsonb NOT NULL DEFAULT '{}';
UPDATE sis.judged SET complete = coalesce((SELECT jsonb_object_agg(m.key, run_id) FROM jsonb_each(modes) m), '{}');

DROP FUNCTION IF EXISTS sync.refuse_delta(bigint, smallint, text);
