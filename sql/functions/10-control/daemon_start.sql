-- Every start is a daemon of its own: one that comes back after a crash is not the one that died,
-- and gets no lease of it before that one's time is over.
CREATE OR REPLACE FUNCTION sync.daemon_start(p_name text, p_version text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO rosterd.daemon (name, version, alive_until)
    VALUES (p_name, p_version, clock_timestamp() + interval '30 seconds')
    RETURNING daemon_id;
$function$;

COMMENT ON FUNCTION sync.daemon_start(text, text) IS 'A daemon has started; the number it goes by from now on.';
REVOKE ALL ON FUNCTION sync.daemon_start(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.daemon_start(text, text) TO rosterd_daemon;
