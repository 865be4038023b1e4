-- A slot that a worker's transaction still holds is not waited for: once the run has ended, the
-- next beat of any daemon frees it.
CREATE OR REPLACE FUNCTION sync.slot_free(p_run bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
    UPDATE stage.slot
    SET run_id = NULL, district_id = NULL, epoch = NULL, leased_at = NULL, opened_at = NULL, closed_at = NULL,
        planned_at = NULL, file_sha256 = NULL, files = NULL, rows = NULL, plan_filled = NULL, plan_mark = NULL, digest_base = NULL, digest = NULL
    WHERE slot IN (SELECT s.slot FROM stage.slot s WHERE s.run_id = p_run FOR UPDATE SKIP LOCKED);
$function$;

COMMENT ON FUNCTION sync.slot_free(bigint) IS 'Gives the run''s staging slot back, if it has one.';
REVOKE ALL ON FUNCTION sync.slot_free(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.slot_free(bigint) TO rosterd_daemon;
