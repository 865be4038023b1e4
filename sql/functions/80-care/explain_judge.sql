-- Asks the rules themselves, about one record and its neighbours, as a run without a file would. Everything
-- it writes is of the slot; who calls it takes that back.
CREATE OR REPLACE FUNCTION sync.explain_judge(p_slot smallint, p_district bigint, p_sourced_id text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM stage.empty_slot(sync.slot_tables('delta') || sync.slot_tables('judged'), p_slot);
    PERFORM sync.use_plan_family();
    PERFORM sync.scope_open(p_slot, 0, p_district, false);
    PERFORM sync.after_orgs(p_slot, p_district);
    UPDATE sync.scope SET people = ARRAY[p_sourced_id], accounts = '{}', classes = '{}', classrooms = '{}', contested = '{}'
    WHERE slot = p_slot;
    PERFORM sync.scope_grow(p_slot);
    PERFORM sync.judge_scope(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.explain_judge(smallint, bigint, text) IS 'Fills the plan tables of a slot with what the rules make of one record of the mirror.';
REVOKE ALL ON FUNCTION sync.explain_judge(smallint, bigint, text) FROM PUBLIC;
