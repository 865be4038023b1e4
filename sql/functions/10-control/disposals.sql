-- An age, not a time: the clocks of two machines differ.
CREATE OR REPLACE FUNCTION sync.disposals() RETURNS TABLE (slug text, age_s double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT d.slug, extract(epoch FROM clock_timestamp() - x.since)::double precision
    FROM rosterd.disposal x JOIN rosterd.district d ON d.district_id = x.district_id
$function$;

COMMENT ON FUNCTION sync.disposals() IS 'Of which districts spooled files must go, and how many seconds old the youngest of those is.';
REVOKE ALL ON FUNCTION sync.disposals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.disposals() TO rosterd_daemon;
