CREATE OR REPLACE FUNCTION sync.daemon_beat(p_daemon bigint, p_lease_ttl_s double precision) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_alive boolean;
BEGIN
    UPDATE rosterd.daemon
    SET heartbeat_at = clock_timestamp(),
        alive_until = clock_timestamp() + make_interval(secs => p_lease_ttl_s)
    WHERE daemon_id = p_daemon AND stopped_at IS NULL;
    v_alive := FOUND;
    PERFORM sync.reap();
    RETURN v_alive;
END
$function$;

COMMENT ON FUNCTION sync.daemon_beat(bigint, double precision) IS
    'The daemon lives for another so many seconds by the database''s clock. False: it was taken for dead and has to start again from nothing.';
REVOKE ALL ON FUNCTION sync.daemon_beat(bigint, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.daemon_beat(bigint, double precision) TO rosterd_daemon;
