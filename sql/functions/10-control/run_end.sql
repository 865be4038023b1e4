-- Needs no lease: whoever lost a district may still say how its run ended, unless that was said already.
-- Waits a second at most: the daemon calls it on the one connection that all its districts share, and
-- the run's row is held as long as a session plans or applies, be it that of a daemon that is gone.
CREATE OR REPLACE FUNCTION sync.run_end(p_run bigint, p_state text, p_reason text, p_detail text, p_owner text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $function$
DECLARE
    v_state text;
BEGIN
    IF p_state IS NULL OR p_state IN ('fetching', 'staging', 'planning', 'applying') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('%s is no state a run ends in', coalesce(p_state, 'NULL'));
    END IF;
    SELECT r.state INTO v_state FROM rosterd.run r WHERE r.run_id = p_run FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('there is no run %s', p_run);
    END IF;
    IF v_state IN ('fetching', 'staging', 'planning', 'applying') THEN
        UPDATE rosterd.run
        SET state = p_state, reason = p_reason, detail = p_detail, owner = p_owner, ended_at = clock_timestamp()
        WHERE run_id = p_run;
    ELSIF v_state <> p_state THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('run %s has ended already: %s', p_run, v_state);
    END IF;
    PERFORM sync.slot_free(p_run);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = format('run %s is still being worked on', p_run), HINT = 'Try again.';
END
$function$;

COMMENT ON FUNCTION sync.run_end(bigint, text, text, text, text) IS
    'Ends a run and gives its slot back. Saying the same end again (sync.apply says done itself) only frees the slot; another end is RS105; RS103 while a session still works on the run.';
REVOKE ALL ON FUNCTION sync.run_end(bigint, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_end(bigint, text, text, text, text) TO rosterd_daemon;
