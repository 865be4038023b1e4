-- The district's row is locked, so that a CSM's UPDATE either is seen here or waits for the COMMIT that
-- comes in the same message; NOWAIT, so that neither side hangs when the CSM was first. What this
-- transaction has not applied is not committed as applied: after a lost connection the statement could
-- find itself in a new session, with nothing to commit.
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
    IF v_run.applied_at IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('run %s has applied nothing in this transaction', p_run);
    END IF;
    PERFORM FROM rosterd.lease l WHERE l.district_id = v_run.district_id AND l.epoch = v_run.epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('another daemon has taken over the district of run %s', p_run);
    END IF;
    BEGIN
        PERFORM FROM rosterd.district d WHERE d.district_id = v_run.district_id FOR SHARE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = 'somebody is changing the district''s row', HINT = 'Try again.';
    END;
    PERFORM sync.settings_check(v_run);
END
$function$;

COMMENT ON FUNCTION sync.check(bigint) IS
    'Last statement before the COMMIT of an applied run: RS101 if the district has moved to another daemon, RS102 if it was switched off, paused or set otherwise, RS103 if its row is busy, RS105 if it has not been applied here (OFF-1, SAFE-7, SAFE-8).';
REVOKE ALL ON FUNCTION sync.check(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.check(bigint) TO rosterd_daemon;
