CREATE OR REPLACE FUNCTION sync.reader_version() RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT 1 $function$;

COMMENT ON FUNCTION sync.reader_version() IS
    'Counts up with every change to what the worker makes of the same file (row checks, normalised e-mails and numbers): each district''s last file is then read again.';
REVOKE ALL ON FUNCTION sync.reader_version() FROM PUBLIC;
