-- sync.apply_marks has taken its place.
DROP FUNCTION IF EXISTS sync.apply_apart(smallint);
