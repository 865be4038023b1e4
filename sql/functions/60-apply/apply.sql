-- One transaction, up to the daemon's COMMIT: all of a run or none of it. Behind the closed gate the
-- directory stands still; if anything was done by hand since the plan, the rules are applied anew.
-- Marks are compared one by one: a mark's number does not tell when it became visible.
CREATE OR REPLACE FUNCTION sync.apply(p_run bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
    v_slot stage.slot;
    v_scope sync.scope;
    v_marks bigint[];
    v_counts jsonb := v_run.counts;
BEGIN
    PERFORM sync.use_plan_family();
    PERFORM sync.close_gate(v_run.district_id);
    SELECT * INTO v_slot FROM stage.slot s WHERE s.run_id = p_run FOR UPDATE;
    IF NOT FOUND OR v_slot.planned_at IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('run %s has no plan', p_run);
    END IF;
    SELECT * INTO v_scope FROM sync.scope s WHERE s.slot = v_slot.slot AND s.run_id = p_run;
    IF NOT FOUND OR v_slot.plan_filled IS DISTINCT FROM sync.plan_filled(v_slot.slot) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS104', MESSAGE = format('the plan of run %s is lost', p_run);
    END IF;
    IF v_scope.token IS DISTINCT FROM (SELECT j.token FROM sis.judged j WHERE j.district_id = v_run.district_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS104', MESSAGE = format('the mirror is not the one that run %s was planned from', p_run);
    END IF;

    v_marks := ARRAY(SELECT m.mark_id FROM sync.mark m WHERE m.district_id = v_run.district_id);
    IF NOT v_marks <@ v_scope.marks THEN
        PERFORM sync.guard_give_back(v_slot.slot);
        PERFORM sync.guard_judge(v_slot.slot);
        v_scope := sync.guard(v_slot.slot);
        IF v_scope.verdict IN ('held', 'whole') THEN
            RAISE EXCEPTION USING ERRCODE = 'RS104', MESSAGE = format('after what was done by hand, run %s would be held', p_run), HINT = 'Plan it again.';
        END IF;
        v_counts := sync.plan_counts(v_slot.slot);
    END IF;

    PERFORM sync.apply_mirror(v_slot.slot);
    PERFORM sync.apply_schools(v_slot.slot);
    PERFORM sync.apply_classrooms(v_slot.slot);
    PERFORM sync.apply_notices(v_slot.slot);
    PERFORM sync.apply_people(v_slot.slot);
    PERFORM sync.apply_credentials(v_slot.slot);
    PERFORM sync.apply_roles(v_slot.slot);
    PERFORM sync.apply_memberships(v_slot.slot);
    PERFORM sync.apply_relationships(v_slot.slot);
    PERFORM sync.apply_marks(v_slot.slot);
    PERFORM sync.apply_invitations(v_slot.slot);
    PERFORM sync.apply_pins(v_slot.slot);
    PERFORM sync.apply_withheld(v_slot.slot);
    PERFORM sync.apply_findings(v_slot.slot);
    PERFORM sync.apply_judged(v_slot.slot);
    PERFORM sync.apply_digest(v_slot.slot);

    DELETE FROM sync.mark m WHERE m.district_id = v_run.district_id AND m.mark_id = ANY (v_marks);
    IF v_scope.verdict = 'withhold' THEN
        PERFORM sync.hold_open(v_slot.slot);
    ELSE
        PERFORM sync.hold_close(v_run.district_id, p_run) FROM rosterd.hold h
        WHERE h.district_id = v_run.district_id AND h.closed_at IS NULL AND (v_run.file_sha256 IS NOT NULL OR h.file_sha256 IS NULL);
    END IF;
    UPDATE rosterd.run
    SET state = CASE v_scope.verdict WHEN 'withhold' THEN 'held' ELSE 'done' END, counts = v_counts, shown = v_scope.shown,
        reason = v_scope.held_reason, detail = v_scope.shown -> 'words' ->> 0, owner = CASE v_scope.verdict WHEN 'withhold' THEN 'csm' END,
        applied_at = clock_timestamp(), ended_at = clock_timestamp()
    WHERE run_id = p_run;
    RETURN jsonb_build_object('verdict', CASE v_scope.verdict WHEN 'withhold' THEN 'held' ELSE 'done' END,
                              'reason', v_scope.held_reason, 'detail', v_scope.shown -> 'words' ->> 0, 'counts', v_counts);
END
$function$;

COMMENT ON FUNCTION sync.apply(bigint) IS
    'Writes a planned run into sis and directory, with its audit, and ends it as done, or as held if losses over the limit were left out of it: {"verdict": "done" | "held", "reason", "detail", "counts"}. Does not commit: sync.check comes after it. RS104 if the plan is lost, RS105 if there is none (SAFE-3, SAFE-7, SAFE-8, ACC-2, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.apply(bigint) TO rosterd_daemon;
