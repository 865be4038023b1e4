-- Between the plan and its application. May change the delta: then the rules have been applied to it
-- anew. Called again by sync.apply when something was done by hand since; it then begins from the whole
-- delta again.
CREATE OR REPLACE FUNCTION sync.guard(p_slot smallint) RETURNS sync.scope
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_district rosterd.district;
    v_hold rosterd.hold;
    v_bad CONSTANT text[] := sync.guard_bad_rows(p_slot);
    v_losses boolean;
    v_additions boolean;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO STRICT v_district FROM rosterd.district d WHERE d.district_id = (SELECT v.district_id);
    v.verdict := 'apply';
    v.held_reason := NULL;
    v.shown := NULL;
    -- in its first run a district has nothing to lose and everything to gain
    IF v_district.preview_only OR v_bad <> '{}' OR EXISTS (SELECT FROM sis.judged j WHERE j.district_id = (SELECT v.district_id)) THEN
        PERFORM sync.guard_items(p_slot);
        v_hold := sync.guard_approval(p_slot);
        v.approved_run := v_hold.run_id;
        v_losses := EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = 'loss') AND coalesce(v_hold.what, 'additions') = 'additions';
        v_additions := EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = 'addition') AND v_hold.withholds IS DISTINCT FROM 'all';
        IF v_losses AND v_hold.run_id IS NULL THEN
            PERFORM sync.guard_match(p_slot);
        END IF;
        v.held_reason := CASE
            WHEN v_bad <> '{}' AND v_hold.withholds IS DISTINCT FROM 'all' THEN 'plan.bad_rows_over_limit'
            WHEN EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = 'renumbered') THEN 'plan.ids_renumbered'
            WHEN v_additions THEN 'plan.additions_over_limit'
            WHEN v_losses AND v_hold.run_id IS NULL AND v_district.on_limit = 'hold-all' THEN 'plan.removals_over_limit'
            WHEN v_losses THEN 'plan.removals_withheld' END;
        IF v.held_reason IS DISTINCT FROM 'plan.ids_renumbered' AND v_losses AND v_hold.run_id IS NULL THEN
            DELETE FROM sync.delta_same s WHERE s.slot = p_slot;
        END IF;
        -- what people are shown, and what is left out, is of a whole file
        IF (v.held_reason IS NOT NULL OR v_district.preview_only) AND sync.is_shortened(p_slot) THEN
            v.verdict := 'whole';
            RETURN v;
        END IF;
        IF v.held_reason IS NOT NULL OR v_district.preview_only THEN
            v.shown := sync.guard_shown(p_slot);
            v.shown := v.shown || jsonb_build_object('words', to_jsonb(v_bad) || (v.shown -> 'words'));
        END IF;
        IF v.held_reason = 'plan.removals_withheld' AND NOT v_district.preview_only THEN
            v.verdict := 'withhold';
            IF NOT sync.guard_leave_out(p_slot) THEN
                v.held_reason := 'plan.removals_over_limit';
                v.verdict := 'held';
            END IF;
        ELSIF v.held_reason IS NOT NULL THEN
            v.verdict := 'held';
        END IF;
    END IF;
    UPDATE sync.scope SET verdict = v.verdict, held_reason = v.held_reason, approved_run = v.approved_run, shown = v.shown WHERE slot = p_slot;
    RETURN v;
END
$function$;

COMMENT ON FUNCTION sync.guard(smallint) IS
    'Judges what a plan takes away and brings in, and how much of the file cannot be used, by the district''s limits and by an approval, and notes the verdict in its scope: apply, withhold the losses over the limit, or held as a whole; whole where none of it can be done to a shortened slot (SAFE-1, SAFE-3, SAFE-4, SAFE-5, SAFE-9, OFF-3).';
REVOKE ALL ON FUNCTION sync.guard(smallint) FROM PUBLIC;
