-- In the order in which the kinds need each other: a class needs its school, a relationship its
-- people, an enrollment its class and person.
CREATE OR REPLACE FUNCTION sync.delta(p_slot smallint, p_district bigint, p_staged boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM stage.empty_slot(sync.slot_tables('delta') || sync.slot_tables('judged'), p_slot);
    IF p_staged THEN
        -- Planned again: this was added by the plan before.
        DELETE FROM stage.finding f WHERE f.slot = p_slot AND f.code = ANY (ARRAY['record.duplicate', 'class.school', 'person.role_flip',
            'person.id_reused', 'link.person', 'link.pair', 'enrollment.class', 'enrollment.person', 'file.absent', 'file.mode_changed', 'role.none', 'role.person', 'delta.gone_kept']);
        PERFORM sync.delta_unusable(p_slot);
        PERFORM sync.delta_orgs(p_slot, p_district);
        PERFORM sync.delta_sessions(p_slot, p_district);
        PERFORM sync.delta_pending(p_slot, p_district, ARRAY['org']);
    END IF;
    PERFORM sync.after_orgs(p_slot, p_district);
    IF p_staged THEN
        PERFORM sync.delta_classes(p_slot, p_district);
        PERFORM sync.delta_roles(p_slot, p_district);
        PERFORM sync.delta_person_roles(p_slot, p_district);
        PERFORM sync.delta_people(p_slot, p_district);
        PERFORM sync.delta_links(p_slot, p_district);
        PERFORM sync.delta_enrollments(p_slot, p_district);
        PERFORM sync.delta_pending(p_slot, p_district, ARRAY['class', 'person', 'link', 'enrollment']);
        PERFORM sync.delta_absent(p_slot, p_district);
        PERFORM sync.delta_modes(p_slot, p_district);
        PERFORM sync.delta_gone_kept(p_slot);
        INSERT INTO sync.delta_unsettled (slot, kind, sourced_id)
        SELECT p_slot, k.kind, k.sourced_id FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind IN ('class', 'person', 'enrollment');
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.delta(smallint, bigint, boolean) IS 'What the staged file changes in the mirror, and what cannot be used of it: fills delta_* and the file''s findings.';
REVOKE ALL ON FUNCTION sync.delta(smallint, bigint, boolean) FROM PUBLIC;
