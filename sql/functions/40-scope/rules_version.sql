CREATE OR REPLACE FUNCTION sync.rules_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 2 $function$;

COMMENT ON FUNCTION sync.rules_version() IS
    'Counts up with every change to what the rules decide: each district is then judged again as a whole.';
REVOKE ALL ON FUNCTION sync.rules_version() FROM PUBLIC;
