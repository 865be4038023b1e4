CREATE OR REPLACE FUNCTION sync.undo_days() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 14 $function$;

COMMENT ON FUNCTION sync.undo_days() IS 'For how many days a run can be undone. What it changed is in the audit, which is kept no shorter.';
REVOKE ALL ON FUNCTION sync.undo_days() FROM PUBLIC;
