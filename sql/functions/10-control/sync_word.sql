CREATE OR REPLACE FUNCTION rosterd.sync_word(p_district rosterd.district) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN NOT p_district.sync_enabled THEN 'off'
                WHEN p_district.paused_until > clock_timestamp()
                THEN 'paused until ' || to_char(p_district.paused_until, 'YYYY-MM-DD HH24:MI TZ')
                ELSE 'on' END;
$function$;

COMMENT ON FUNCTION rosterd.sync_word(rosterd.district) IS 'The switch in words: on, paused until a time, or off.';
REVOKE ALL ON FUNCTION rosterd.sync_word(rosterd.district) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.sync_word(rosterd.district) TO rosterd_csm, rosterd_ops;
