CREATE OR REPLACE FUNCTION sync.undo_check(p_run bigint) RETURNS rosterd.run
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run;
    v_undo bigint;
BEGIN
    SELECT * INTO v_run FROM rosterd.run r WHERE r.run_id = p_run;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('there is no run %s', p_run), HINT = 'List them with: TABLE rosterd.last_runs;';
    END IF;
    IF v_run.undoes IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s is an undo itself', p_run),
            HINT = 'What it put back is pinned. Unpin it, and the next run does what the SIS says: TABLE rosterd.pins;';
    END IF;
    IF v_run.applied_at IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s has changed nothing: it is %s', p_run, v_run.state),
            HINT = 'There is nothing to undo.';
    END IF;
    IF v_run.applied_at < clock_timestamp() - make_interval(days => sync.undo_days()) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s was applied more than %s days ago', p_run, sync.undo_days()),
            HINT = 'Too much has happened since. Pin people or correct them by hand.';
    END IF;
    SELECT r.run_id INTO v_undo FROM rosterd.run r WHERE r.undoes = p_run;
    IF v_undo IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s was undone already, by run %s', p_run, v_undo),
            HINT = format('See what came of it: SELECT * FROM rosterd.last_runs WHERE run_id = %s;', v_undo);
    END IF;
    RETURN v_run;
END
$function$;

COMMENT ON FUNCTION sync.undo_check(bigint) IS 'The run, if it can be undone; RS008, or RS010 that says why not.';
REVOKE ALL ON FUNCTION sync.undo_check(bigint) FROM PUBLIC;
