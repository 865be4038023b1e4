-- These return more now.
DROP FUNCTION IF EXISTS sync.read_districts(bigint, text);
DROP FUNCTION IF EXISTS sync.overview();
