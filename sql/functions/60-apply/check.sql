CREATE OR REPLACE FUNCTION sync.check(p_run bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run;
BEGIN
    SELECT * INTO v_run FROM rosterd.run r WHERE r.run_id = p_run;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('there is no run %s', p_run);
    END IF;
    PERFORM FROM rosterd.lease l WHERE l.district_id = v_run.district_id AND l.epoch = v_run.epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('another daemon has taken over the district of run %s', p_run);
    END IF;
    PERFORM sync.settings_check(v_run);
END
$function$;

COMMENT ON FUNCTION sync.check(bigint) IS
    'Last statement before the COMMIT of an applied run: RS101 if the district has moved to another daemon, RS102 if it was switched off, paused or set otherwise, RS103 if its row is busy (OFF-1, SAFE-8).';
REVOKE ALL ON FUNCTION sync.check(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.check(bigint) TO rosterd_daemon;
