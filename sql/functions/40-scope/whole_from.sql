CREATE OR REPLACE FUNCTION sync.whole_from() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 2000::bigint $function$;

COMMENT ON FUNCTION sync.whole_from() IS 'With no more changed people than this a district is never judged as a whole for their number. The end is the same either way.';
REVOKE ALL ON FUNCTION sync.whole_from() FROM PUBLIC;
