CREATE OR REPLACE FUNCTION sync.slot_tables(p_what text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE p_what
        WHEN 'staged' THEN ARRAY['stage.org', 'stage.session', 'stage.course', 'stage.class', 'stage.person', 'stage.link',
                                 'stage.enrollment', 'stage.role', 'stage.bad', 'stage.gone', 'stage.finding']
        WHEN 'delta' THEN ARRAY['sync.delta_kept', 'sync.delta_skip', 'sync.delta_role', 'sync.delta_person_role', 'sync.delta_org', 'sync.delta_session', 'sync.delta_class',
                                'sync.delta_person', 'sync.delta_link', 'sync.delta_enrollment', 'sync.after_org',
                                'sync.delta_unsettled', 'sync.delta_withheld', 'sync.delta_item', 'sync.delta_same']
        WHEN 'judged' THEN ARRAY['sync.after_class', 'sync.after_seat', 'sync.after_person', 'sync.after_link', 'sync.after_enrollment',
                                 'sync.plan_duplicate', 'sync.plan_pin', 'sync.plan_school', 'sync.plan_ending', 'sync.plan_classroom', 'sync.plan_account',
                                 'sync.plan_abandoned', 'sync.plan_claim', 'sync.plan_credential',
                                 'sync.plan_guardian', 'sync.plan_person', 'sync.plan_role', 'sync.plan_membership',
                                 'sync.plan_relationship', 'sync.plan_invitation', 'sync.plan_finding', 'sync.plan_item', 'sync.plan_over'] END
$function$;

COMMENT ON FUNCTION sync.slot_tables(text) IS 'The tables that have a leaf for each slot: those that the worker fills ("staged"), and those of a plan: of the delta ("delta"), and made of it by the rules, which can be made again ("judged").';
REVOKE ALL ON FUNCTION sync.slot_tables(text) FROM PUBLIC;
