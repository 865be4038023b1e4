-- The rules, in the order in which they build on each other. Called again by sync.apply when
-- something was done by hand since the plan: the delta stays, everything after it is made anew.
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
    PERFORM sync.after_people(p_slot);
    PERFORM sync.after_links(p_slot);
    PERFORM sync.after_enrollments(p_slot);
    PERFORM sync.after_classes(p_slot);

    PERFORM sync.judge_schools(p_slot);
    PERFORM sync.judge_endings(p_slot);
    PERFORM sync.judge_classrooms(p_slot);
    PERFORM sync.judge_accounts(p_slot);
    PERFORM sync.judge_abandoned(p_slot);
    PERFORM sync.judge_claims(p_slot);
    PERFORM sync.judge_guardians(p_slot);
    PERFORM sync.judge_people(p_slot);
    PERFORM sync.judge_roles(p_slot);
    PERFORM sync.judge_memberships(p_slot);
    PERFORM sync.judge_relationships(p_slot);
    PERFORM sync.judge_invitations(p_slot);
    PERFORM sync.judge_findings(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.judge(smallint) IS 'What the rules make of the mirror as it will be: fills after_* and plan_* of the slot.';
REVOKE ALL ON FUNCTION sync.judge(smallint) FROM PUBLIC;
