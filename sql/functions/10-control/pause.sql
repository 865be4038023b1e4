CREATE OR REPLACE FUNCTION rosterd.pause(p_slug text, p_until timestamptz, p_reason text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_id bigint := rosterd.find_district(p_slug);
    v_district rosterd.district;
BEGIN
    IF p_until IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'say until when',
            HINT = format('SELECT rosterd.pause(%L, %L, ''summer''); to end a pause: SELECT rosterd.resume(%1$L);', p_slug, (clock_timestamp() + interval '14 days')::date);
    END IF;
    UPDATE rosterd.district SET paused_until = p_until, pause_reason = p_reason WHERE district_id = v_id;
    SELECT * INTO v_district FROM rosterd.district d WHERE d.district_id = v_id;
    RETURN format('%s is %s', v_district.name, rosterd.sync_word(v_district))
        || CASE WHEN v_district.sync_enabled THEN '' ELSE ' anyway' END;
END
$function$;

COMMENT ON FUNCTION rosterd.pause(text, timestamptz, text) IS
    'Pauses a district''s sync until a time, after which it goes on by itself, and says so. SELECT rosterd.pause(''springfield-usd'', ''2026-08-10'', ''summer'');';
REVOKE ALL ON FUNCTION rosterd.pause(text, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.pause(text, timestamptz, text) TO rosterd_csm, rosterd_ops;
