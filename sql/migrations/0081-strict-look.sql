-- It also says how strictly a district's files are read, so that a look at one is no more lenient.
DROP FUNCTION IF EXISTS sync.read_districts(bigint, text);
