CREATE OR REPLACE FUNCTION sync.change_limit_min() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 20 $function$;

COMMENT ON FUNCTION sync.change_limit_min() IS 'So many of a kind may always be added or changed at once (SAFE-9).';
REVOKE ALL ON FUNCTION sync.change_limit_min() FROM PUBLIC;
