CREATE OR REPLACE FUNCTION sync.guard_items(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    DELETE FROM sync.plan_item i WHERE i.slot = p_slot;
    IF sync.scope_is_empty(p_slot) THEN
        DELETE FROM sync.plan_over o WHERE o.slot = p_slot;
        RETURN;
    END IF;
    PERFORM sync.guard_people(p_slot);
    PERFORM sync.guard_guardians(p_slot);
    PERFORM sync.guard_classrooms(p_slot);
    PERFORM sync.guard_memberships(p_slot);
    PERFORM sync.guard_additions(p_slot);
    PERFORM sync.guard_over(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.guard_items(smallint) IS
    'Counts what the plan of a slot would take away and bring in, and which of it is over a limit: fills plan_item and plan_over (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.guard_items(smallint) FROM PUBLIC;
