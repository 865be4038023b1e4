CREATE OR REPLACE FUNCTION sync.plan_tables(p_what text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE p_what
        WHEN 'delta' THEN ARRAY['sync.delta_kept', 'sync.delta_skip', 'sync.delta_role', 'sync.delta_person_role', 'sync.delta_org', 'sync.delta_session', 'sync.delta_class',
                                'sync.delta_person', 'sync.delta_link', 'sync.delta_enrollment', 'sync.after_org',
                                'sync.delta_unsettled', 'sync.delta_withheld', 'sync.delta_item', 'sync.delta_same']
        WHEN 'judged' THEN ARRAY['sync.after_class', 'sync.after_seat', 'sync.after_person', 'sync.after_link', 'sync.after_enrollment',
                                 'sync.plan_duplicate', 'sync.plan_pin', 'sync.plan_school', 'sync.plan_ending', 'sync.plan_classroom', 'sync.plan_account',
                                 'sync.plan_abandoned', 'sync.plan_claim', 'sync.plan_credential',
                                 'sync.plan_guardian', 'sync.plan_person', 'sync.plan_role', 'sync.plan_membership',
                                 'sync.plan_relationship', 'sync.plan_invitation', 'sync.plan_finding', 'sync.plan_item', 'sync.plan_over'] END
$function$;

COMMENT ON FUNCTION sync.plan_tables(text) IS 'The tables of a plan: those of the delta, and those made of it by the rules, which can be made again.';
REVOKE ALL ON FUNCTION sync.plan_tables(text) FROM PUBLIC;
