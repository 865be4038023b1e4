CREATE OR REPLACE FUNCTION sync.unsettled_most() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 50000::bigint $function$;

COMMENT ON FUNCTION sync.unsettled_most() IS 'With more records than this to be sent again, files are staged whole.';
REVOKE ALL ON FUNCTION sync.unsettled_most() FROM PUBLIC;
