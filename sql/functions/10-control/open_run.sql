CREATE OR REPLACE FUNCTION sync.open_run(p_run bigint) RETURNS rosterd.run
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run;
    v_epoch bigint;
BEGIN
    SELECT * INTO v_run FROM rosterd.run r WHERE r.run_id = p_run FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('there is no run %s', p_run);
    END IF;
    IF v_run.state NOT IN ('fetching', 'staging', 'planning', 'applying') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('run %s has ended: %s', p_run, v_run.state);
    END IF;
    SELECT l.epoch INTO v_epoch FROM rosterd.lease l WHERE l.district_id = v_run.district_id;
    IF v_epoch IS DISTINCT FROM v_run.epoch THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('another daemon has taken over the district of run %s', p_run);
    END IF;
    RETURN v_run;
END
$function$;

COMMENT ON FUNCTION sync.open_run(bigint) IS 'Locks a run that is under way. RS105 if it is not, RS101 if its district has moved to another daemon.';
REVOKE ALL ON FUNCTION sync.open_run(bigint) FROM PUBLIC;
