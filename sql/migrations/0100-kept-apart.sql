-- What sync.kept_apart said when the plan was made.
ALTER TABLE sync.scope ADD COLUMN kept_apart text[] COLLATE "C";
