CREATE OR REPLACE FUNCTION sync.run_state(p_run bigint, p_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
BEGIN
    IF p_state IS NULL OR p_state NOT IN ('fetching', 'staging', 'planning', 'applying') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('%s is no state of a run under way', coalesce(p_state, 'NULL')),
            HINT = 'sync.run_end ends a run.';
    END IF;
    UPDATE rosterd.run
    SET state = p_state,
        staged_at = CASE WHEN p_state = 'planning' AND v_run.state = 'staging' THEN clock_timestamp() ELSE staged_at END,
        planned_at = CASE WHEN p_state = 'applying' AND v_run.state = 'planning' THEN clock_timestamp() ELSE planned_at END
    WHERE run_id = p_run;
END
$function$;

COMMENT ON FUNCTION sync.run_state(bigint, text) IS 'A run that is under way has come to its next step.';
REVOKE ALL ON FUNCTION sync.run_state(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_state(bigint, text) TO rosterd_daemon;
