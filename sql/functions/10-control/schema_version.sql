CREATE OR REPLACE FUNCTION sync.schema_version() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT max(m.number) FROM rosterd.schema_migration m;
$function$;

COMMENT ON FUNCTION sync.schema_version() IS 'The newest migration this database has. A program that knows fewer must not touch it.';
REVOKE ALL ON FUNCTION sync.schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.schema_version() TO rosterd_daemon;
