CREATE OR REPLACE FUNCTION sync.approve_run(p_run bigint, p_reason text, p_what text, p_by text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$ SELECT rosterd.approve(p_run, p_reason, p_what, p_by) $function$;

COMMENT ON FUNCTION sync.approve_run(bigint, text, text, text) IS
    'rosterd.approve on behalf of a caller of the control socket; returns the answer for people. RS010 if the run is not held, RS103 if it is busy.';
REVOKE ALL ON FUNCTION sync.approve_run(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.approve_run(bigint, text, text, text) TO rosterd_daemon;
