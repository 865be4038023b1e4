CREATE OR REPLACE FUNCTION sync.daemon_stop(p_daemon bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE rosterd.daemon SET stopped_at = clock_timestamp() WHERE daemon_id = p_daemon AND stopped_at IS NULL;
    PERFORM sync.reap();
END
$function$;

COMMENT ON FUNCTION sync.daemon_stop(bigint) IS
    'The daemon stops: its districts are free at once, what it had begun is interrupted.';
REVOKE ALL ON FUNCTION sync.daemon_stop(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.daemon_stop(bigint) TO rosterd_daemon;
