-- Pins, and the last things done to somebody, newest first. The numbers in audit keys find them by index.
CREATE OR REPLACE FUNCTION sync.explain_past(p_district bigint, p_person bigint)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 70, 'pin', CASE WHEN p.undo_run IS NULL THEN 'pinned' ELSE 'put back' END,
           format('by %s on %s: %s', p.pinned_by, p.pinned_at::date, p.reason)
           || CASE WHEN p.undo_run IS NULL THEN '' ELSE format(' (undo run %s; until the SIS says something new)', p.undo_run) END
    FROM sync.pin p WHERE p.district_id = p_district AND p.kind = 'person' AND p.id = p_person
    UNION ALL
    SELECT 80, 'made', coalesce('run ' || p.created_by_run, 'by hand'), format('The account is of %s.', p.created_at::date)
    FROM directory.person p WHERE p.district_id = p_district AND p.person_id = p_person
    UNION ALL
    (SELECT 81, 'changed', coalesce('run ' || c.run_id, 'by hand'),
            format('%s: %s, %s%s', c.at::date, split_part(c.relation, '.', 2), c.rule,
                   coalesce(', ' || c.act, '') || coalesce(' by account ' || c.actor_id, ''))
     FROM audit.change c
     WHERE c.district_id = p_district AND c.relation <> 'rosterd.explain_person'
       AND (c.key @> jsonb_build_object('person_id', p_person) OR c.key @> jsonb_build_object('student_id', p_person)
            OR c.key @> jsonb_build_object('guardian_id', p_person))
     ORDER BY c.change_id DESC LIMIT 5)
$function$;

COMMENT ON FUNCTION sync.explain_past(bigint, bigint) IS 'Who or which run made, changed and pinned a person (UPD-7).';
REVOKE ALL ON FUNCTION sync.explain_past(bigint, bigint) FROM PUBLIC;
