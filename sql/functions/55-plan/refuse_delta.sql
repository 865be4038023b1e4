-- The file is rejected like one that the worker could not use: only what is wrong with it is kept.
CREATE OR REPLACE FUNCTION sync.refuse_delta(p_run bigint, p_slot smallint, p_reason text, p_detail text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO stage.finding (slot, severity, code, message, count)
    VALUES (p_slot, 'error', p_reason, 'The package says what changed, but ' || p_detail || '. Export a complete (bulk) package first.', 1);
    UPDATE stage.slot SET files = NULL WHERE slot = p_slot;
    PERFORM sync.run_findings(p_run);
    PERFORM sync.run_end(p_run, 'rejected', p_reason, p_detail, 'district');
    RETURN jsonb_build_object('verdict', 'rejected', 'reason', p_reason, 'detail', p_detail, 'counts', '{}'::jsonb);
END
$function$;

COMMENT ON FUNCTION sync.refuse_delta(bigint, smallint, text, text) IS 'Ends a run whose delta files have nothing to build on: p_reason is roster.base or roster.gap.';
REVOKE ALL ON FUNCTION sync.refuse_delta(bigint, smallint, text, text) FROM PUBLIC;
