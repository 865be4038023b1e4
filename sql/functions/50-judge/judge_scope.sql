-- The rules, in the order in which they build on each other. The scope says for whom.
CREATE OR REPLACE FUNCTION sync.judge_scope(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF sync.scope_is_empty(p_slot) THEN
        PERFORM sync.judge_schools(p_slot);
        RETURN;
    END IF;
    PERFORM sync.after_people(p_slot);
    PERFORM sync.after_links(p_slot);
    PERFORM sync.after_enrollments(p_slot);
    PERFORM sync.after_classes(p_slot);

    PERFORM sync.identify_students(p_slot);
    PERFORM sync.identify_holders(p_slot);
    PERFORM sync.judge_pins(p_slot);
    PERFORM sync.identify_duplicates(p_slot);
    PERFORM sync.identify_ties(p_slot);

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
    PERFORM sync.judge_namesakes(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.judge_scope(smallint) IS 'What the rules make of the scope as it will be: fills after_* and plan_* of the slot.';
REVOKE ALL ON FUNCTION sync.judge_scope(smallint) FROM PUBLIC;
