CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (clock_timestamp() AT TIME ZONE d.time_zone)::date FROM rosterd.district d WHERE d.district_id = p_district
$function$;

COMMENT ON FUNCTION sync.today(bigint) IS 'The date in the district''s time zone (IN-1).';
REVOKE ALL ON FUNCTION sync.today(bigint) FROM PUBLIC;
