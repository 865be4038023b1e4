-- Since when something waits to be looked at: what the rules alone could not do then is not tried again at every poll.
ALTER TABLE sync.mark ADD COLUMN marked_at timestamptz NOT NULL DEFAULT clock_timestamp();

COMMENT ON COLUMN sync.mark.marked_at IS 'When it was done.';
