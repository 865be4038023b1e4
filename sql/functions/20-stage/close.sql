-- The header is an ordinary logged row, the leaves are not: after a crash the two differ, and
-- sync.plan refuses the slot.
CREATE OR REPLACE FUNCTION stage.close(p_run bigint, p_epoch bigint, p_sha256 text, p_files jsonb, p_rows jsonb, p_digest uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_slot stage.slot := stage.my_slot(p_run, p_epoch);
    v_table text;
BEGIN
    IF v_slot.opened_at IS NULL OR v_slot.closed_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('the slot of run %s is not open', p_run);
    END IF;
    FOREACH v_table IN ARRAY sync.slot_tables('staged') LOOP
        EXECUTE format('ANALYZE %s_%s', v_table, v_slot.slot);
    END LOOP;
    UPDATE stage.slot
    SET closed_at = clock_timestamp(), file_sha256 = p_sha256, files = p_files, rows = p_rows, digest = p_digest
    WHERE slot = v_slot.slot;
END
$function$;

COMMENT ON FUNCTION stage.close(bigint, bigint, text, jsonb, jsonb, uuid) IS
    'The worker has ended: statistics for the planner, and the header that says what the slot holds. p_files NULL: the file was rejected, only its findings count. p_digest: the token of the digest that the worker has written of it; NULL: it has written none.';
REVOKE ALL ON FUNCTION stage.close(bigint, bigint, text, jsonb, jsonb, uuid) FROM PUBLIC;
DO $grant$ BEGIN
    EXECUTE 'GRANT EXECUTE ON FUNCTION stage.close(bigint, bigint, text, jsonb, jsonb, uuid) TO '
            || (SELECT string_agg('rosterd_stage_' || s.slot, ', ') FROM stage.slot s);
END $grant$;
