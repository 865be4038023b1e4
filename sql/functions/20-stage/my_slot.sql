-- The worker does not say which slot is its own: its login does.
CREATE OR REPLACE FUNCTION stage.my_slot(p_run bigint, p_epoch bigint) RETURNS stage.slot
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_slot stage.slot;
BEGIN
    SELECT s.* INTO v_slot FROM stage.slot s
    WHERE s.slot::text = substring(session_user::text FROM '^rosterd_stage_([0-9]+)$')
      AND s.run_id = p_run AND s.epoch = p_epoch
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105',
            MESSAGE = format('the slot of %s is not leased for run %s', session_user, p_run);
    END IF;
    PERFORM FROM rosterd.lease l WHERE l.district_id = v_slot.district_id AND l.epoch = p_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('run %s lost its district', p_run);
    END IF;
    RETURN v_slot;
END
$function$;

COMMENT ON FUNCTION stage.my_slot(bigint, bigint) IS
    'The slot that belongs to the session''s login, if it is leased for this run and epoch. RS105 if not, RS101 if the district has moved to another daemon.';
REVOKE ALL ON FUNCTION stage.my_slot(bigint, bigint) FROM PUBLIC;
