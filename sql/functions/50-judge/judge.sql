-- Called again by sync.apply when something was done by hand since the plan: the delta stays, everything
-- after it is made anew.
CREATE OR REPLACE FUNCTION sync.judge(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE sync.scope SET whole = true, people = NULL, judged = NULL, accounts = NULL, judged_accounts = NULL,
                          classes = NULL, classrooms = NULL, contested = NULL
    WHERE slot = p_slot;
    IF NOT sync.scope_is_whole(p_slot) THEN
        PERFORM sync.scope_seed(p_slot);
        PERFORM sync.scope_grow(p_slot);
    END IF;
    PERFORM sync.judge_scope(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.judge(smallint) IS 'Whom and what this run has to look at, and what the rules make of it.';
REVOKE ALL ON FUNCTION sync.judge(smallint) FROM PUBLIC;
