-- Leaving something out can bring nothing new over a limit, but not every loss comes from a record that
-- is gone: a setting or somebody else's credential may be behind it.
CREATE OR REPLACE FUNCTION sync.guard_leave_out(p_slot smallint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_tries CONSTANT integer := 4;
BEGIN
    INSERT INTO sync.delta_item (slot, what, kind, item, school_id, one, other, is_active)
    SELECT i.slot, i.what, i.kind, i.item, i.school_id, i.one, i.other, i.is_active FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'loss';
    FOR v_try IN 1..v_tries LOOP
        PERFORM sync.guard_withhold(p_slot, v_try > 1);
        PERFORM sync.guard_judge(p_slot);
        IF NOT EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = 'loss') THEN
            RETURN true;
        END IF;
    END LOOP;
    PERFORM sync.guard_give_back(p_slot);
    PERFORM sync.guard_judge(p_slot);
    RETURN false;
END
$function$;

COMMENT ON FUNCTION sync.guard_leave_out(smallint) IS
    'Makes the plan without the losses over the limit; false, with the whole plan as it was, if that cannot be done by leaving records of the file out (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_leave_out(smallint) FROM PUBLIC;
