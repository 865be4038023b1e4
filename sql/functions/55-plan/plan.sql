-- Reads the mirror and the directory, writes tables of the slot and the file's findings only.
CREATE OR REPLACE FUNCTION sync.plan(p_run bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
    v_slot stage.slot := sync.slot_of_run(p_run);
    v_staged CONSTANT boolean := v_slot.closed_at IS NOT NULL;
    v_missing text;
    v_whole text;
    v_scope sync.scope;
    v_counts jsonb;
BEGIN
    PERFORM sync.use_plan_family();
    PERFORM sync.settings_check(v_run);
    IF v_staged THEN
        PERFORM sync.slot_check(v_slot.slot, v_slot.rows, sync.slot_rows(ARRAY['stage.org', 'stage.session', 'stage.course', 'stage.class',
            'stage.person', 'stage.link', 'stage.enrollment', 'stage.role', 'stage.bad', 'stage.gone'], v_slot.slot));
        v_missing := sync.delta_base(v_slot.slot, v_run.district_id);
        IF v_missing IS NOT NULL THEN
            RETURN sync.refuse_delta(p_run, v_slot.slot, 'roster.base', v_missing);
        END IF;
        v_missing := sync.delta_gap(v_slot.slot, p_run);
        IF v_missing IS NOT NULL THEN
            RETURN sync.refuse_delta(p_run, v_slot.slot, 'roster.gap', v_missing);
        END IF;
        PERFORM sync.delta_waits(v_run, v_slot.files);
    END IF;
    -- Its header went with the last commits of a server that crashed or was replaced: without a file
    -- this run would pass for one of the rules alone, and its file for applied.
    IF NOT v_staged AND v_run.file_sha256 IS NOT NULL
       AND NOT EXISTS (SELECT FROM sis.judged j WHERE j.district_id = v_run.district_id
                        AND (j.file_sha256 = v_run.file_sha256 OR j.deltas ? v_run.file_sha256)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS104', MESSAGE = format('what run %s has staged is gone', p_run);
    END IF;
    PERFORM sync.scope_open(v_slot.slot, p_run, v_run.district_id, v_staged);
    PERFORM sync.delta(v_slot.slot, v_run.district_id, v_staged);
    v_whole := sync.delta_whole(v_slot.slot, v_run.district_id);
    IF v_whole IS NULL THEN
        PERFORM sync.judge(v_slot.slot);
        v_scope := sync.guard(v_slot.slot);
        v_whole := CASE v_scope.verdict WHEN 'whole' THEN 'guard' END;
    END IF;
    -- nothing has been told to anybody yet
    IF v_whole IS NOT NULL THEN
        RETURN jsonb_build_object('verdict', 'whole', 'reason', v_whole);
    END IF;
    IF v_staged THEN
        PERFORM sync.run_findings(p_run);
    END IF;
    v_counts := sync.plan_counts(v_slot.slot);
    UPDATE stage.slot SET planned_at = clock_timestamp(), plan_filled = sync.plan_filled(v_slot.slot)
    WHERE slot = v_slot.slot;
    UPDATE rosterd.run SET counts = v_counts, shown = v_scope.shown, planned_at = clock_timestamp() WHERE run_id = p_run;

    IF (SELECT d.preview_only FROM rosterd.district d WHERE d.district_id = v_run.district_id) THEN
        PERFORM sync.run_end(p_run, 'previewed', NULL, NULL, NULL);
        RETURN jsonb_build_object('verdict', 'previewed', 'counts', v_counts);
    ELSIF v_scope.verdict = 'held' THEN
        PERFORM sync.rules_wait(v_run);
        PERFORM sync.hold_open(v_slot.slot);
        PERFORM sync.run_end(p_run, 'held', v_scope.held_reason, v_scope.shown -> 'words' ->> 0, 'csm');
        RETURN jsonb_build_object('verdict', 'held', 'reason', v_scope.held_reason, 'detail', v_scope.shown -> 'words' ->> 0, 'counts', v_counts);
    END IF;
    RETURN jsonb_build_object('verdict', 'apply', 'counts', v_counts);
END
$function$;

COMMENT ON FUNCTION sync.plan(bigint) IS
    'Works out what a run would change: {"verdict": "apply" | "previewed" | "held" | "rejected" (a delta without a base, or behind a package that was not used), "counts": {…}}; these but apply have ended the run. {"verdict": "whole", "reason"}: the rows that are not in the shortened slot are needed, so the file has to be staged once more, whole. For a staged file, or for the rules alone. RS104 if the slot lost its rows, RS102 if the sync was switched off (SAFE-1, SAFE-2, SAFE-3, SAFE-6, SAFE-7, UPD-6).';
REVOKE ALL ON FUNCTION sync.plan(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.plan(bigint) TO rosterd_daemon;
