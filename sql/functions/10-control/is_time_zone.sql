-- pg_timezone_names reads the whole zone database from disk, so a zone some district has already is
-- taken as known. AT TIME ZONE alone would not do: it accepts misspelt names as POSIX zones.
CREATE OR REPLACE FUNCTION rosterd.is_time_zone(p_zone text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(p_zone = 'America/New_York'
        OR EXISTS (SELECT FROM rosterd.district d WHERE d.time_zone = p_zone)
        OR EXISTS (SELECT FROM pg_catalog.pg_timezone_names z WHERE z.name = p_zone), false);
$function$;

COMMENT ON FUNCTION rosterd.is_time_zone(text) IS 'Whether PostgreSQL knows a time zone by exactly this name.';
REVOKE ALL ON FUNCTION rosterd.is_time_zone(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.is_time_zone(text) TO rosterd_csm, rosterd_ops;
