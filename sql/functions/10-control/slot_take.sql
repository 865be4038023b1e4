-- A run that has a slot keeps it: staging again after a crash begins from an empty header.
CREATE OR REPLACE FUNCTION sync.slot_take(p_run bigint) RETURNS smallint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
    v_slot smallint;
BEGIN
    SELECT s.slot INTO v_slot FROM stage.slot s WHERE s.run_id = p_run FOR UPDATE;
    IF v_slot IS NULL THEN
        SELECT s.slot INTO v_slot FROM stage.slot s WHERE s.run_id IS NULL
        ORDER BY s.slot LIMIT 1 FOR UPDATE SKIP LOCKED;
    END IF;
    IF v_slot IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE stage.slot
    SET run_id = p_run, district_id = v_run.district_id, epoch = v_run.epoch, leased_at = clock_timestamp(),
        opened_at = NULL, closed_at = NULL, planned_at = NULL, file_sha256 = NULL, files = NULL, rows = NULL,
        plan_filled = NULL, plan_mark = NULL, digest_base = NULL, digest = NULL
    WHERE slot = v_slot;
    UPDATE rosterd.run SET state = 'staging' WHERE run_id = p_run;
    RETURN v_slot;
END
$function$;

COMMENT ON FUNCTION sync.slot_take(bigint) IS 'A staging slot for this run, which is staging from now on. NULL: all are taken, try again later.';
REVOKE ALL ON FUNCTION sync.slot_take(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.slot_take(bigint) TO rosterd_daemon;
