CREATE OR REPLACE FUNCTION sync.refuse_run(p_run bigint, p_reason text, p_by text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$ SELECT rosterd.refuse(p_run, p_reason, p_by) $function$;

COMMENT ON FUNCTION sync.refuse_run(bigint, text, text) IS
    'rosterd.refuse on behalf of a caller of the control socket; returns the answer for people. RS010 if the run is not held, RS103 if it is busy.';
REVOKE ALL ON FUNCTION sync.refuse_run(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.refuse_run(bigint, text, text) TO rosterd_daemon;
