-- Waits two seconds at most, like every call that comes by the connection all districts share.
CREATE OR REPLACE FUNCTION sync.set_pause(p_slug text, p_until timestamptz, p_reason text, p_by text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $function$
DECLARE
    v_district rosterd.district;
BEGIN
    PERFORM set_config('rosterd.changed_by', p_by, true);
    UPDATE rosterd.district SET paused_until = p_until, pause_reason = p_reason WHERE district_id = rosterd.find_district(p_slug);
    SELECT * INTO v_district FROM rosterd.district d WHERE d.district_id = rosterd.find_district(p_slug);
    RETURN format('%s is %s', v_district.name, rosterd.sync_word(v_district));
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = format('somebody is changing the row of "%s" in another session', p_slug),
        HINT = 'Nothing was changed. Try again when that session has ended its transaction.';
END
$function$;

COMMENT ON FUNCTION sync.set_pause(text, timestamptz, text, text) IS
    'Pauses a district until a time, or, with NULL, goes on at once, on behalf of a caller of the control socket; returns the answer for people.';
REVOKE ALL ON FUNCTION sync.set_pause(text, timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.set_pause(text, timestamptz, text, text) TO rosterd_daemon;
