-- A run for the rules only has had no slot to stage into and gets one for its plan.
CREATE OR REPLACE FUNCTION sync.slot_of_run(p_run bigint) RETURNS stage.slot
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_slot stage.slot;
BEGIN
    SELECT * INTO v_slot FROM stage.slot s WHERE s.run_id = p_run FOR UPDATE;
    IF NOT FOUND THEN
        IF sync.slot_take(p_run) IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = 'every slot is taken', HINT = 'Try again when another run has ended.';
        END IF;
        PERFORM sync.run_state(p_run, 'planning');
        SELECT * INTO STRICT v_slot FROM stage.slot s WHERE s.run_id = p_run FOR UPDATE;
    END IF;
    IF v_slot.opened_at IS NOT NULL AND (v_slot.closed_at IS NULL OR v_slot.files IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('the slot of run %s holds no accepted file', p_run);
    END IF;
    RETURN v_slot;
END
$function$;

COMMENT ON FUNCTION sync.slot_of_run(bigint) IS
    'The slot to plan in: the one the file was staged in, or an empty one for the rules only. RS103 if there is none, RS105 if the file was not accepted.';
REVOKE ALL ON FUNCTION sync.slot_of_run(bigint) FROM PUBLIC;
