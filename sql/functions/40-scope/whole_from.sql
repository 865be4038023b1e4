CREATE OR REPLACE FUNCTION sync.whole_from() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 20000::bigint $function$;

COMMENT ON FUNCTION sync.whole_from() IS 'More changed people than this, and the whole district is judged again. The end is the same either way.';
REVOKE ALL ON FUNCTION sync.whole_from() FROM PUBLIC;
