CREATE OR REPLACE FUNCTION sync.reading(p_district rosterd.district) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT concat_ws(' ', sync.reader_version(), p_district.phone_region, p_district.file_encoding, p_district.file_reading,
                     CASE WHEN p_district.use_preferred_names THEN 'preferred-names' END)
$function$;

COMMENT ON FUNCTION sync.reading(rosterd.district) IS 'How a file of this district is read now: while this is the same, so is what comes of the file (UPD-6).';
REVOKE ALL ON FUNCTION sync.reading(rosterd.district) FROM PUBLIC;
