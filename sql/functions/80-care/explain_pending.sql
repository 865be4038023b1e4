CREATE OR REPLACE FUNCTION sync.explain_pending(p_slot smallint, p_account bigint)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 90, 'next run', CASE WHEN count(*) = 0 THEN 'nothing to do' ELSE 'changes' END,
           coalesce(string_agg(DISTINCT format('%s: %s (%s)', x.what, x.op, x.rule), ', '), 'The directory is as the rules want it, as far as this person goes.')
    FROM (
        SELECT 'person' AS what, p.op, p.rule FROM sync.plan_person p WHERE p.slot = p_slot AND p.account = p_account
        UNION ALL
        SELECT 'credential', c.op, c.rule FROM sync.plan_credential c
        WHERE c.slot = p_slot AND c.op <> 'keep'
          AND (c.account = p_account OR EXISTS (SELECT FROM sync.scope v JOIN directory.credential d ON d.district_id = v.district_id
                                                WHERE v.slot = p_slot AND d.value = c.value AND d.person_id = p_account))
        UNION ALL
        SELECT 'role', r.op, r.rule FROM sync.plan_role r WHERE r.slot = p_slot AND r.op <> 'keep' AND r.account = p_account
        UNION ALL
        SELECT 'classroom', m.op, m.rule FROM sync.plan_membership m WHERE m.slot = p_slot AND m.op <> 'keep' AND m.account = p_account
        UNION ALL
        SELECT 'relationship', r.op, r.rule FROM sync.plan_relationship r
        WHERE r.slot = p_slot AND r.op <> 'keep' AND p_account IN (r.student, r.guardian)
        UNION ALL
        SELECT 'invitation', i.op, i.rule FROM sync.plan_invitation i WHERE i.slot = p_slot AND i.account = p_account) x;
END
$function$;

COMMENT ON FUNCTION sync.explain_pending(smallint, bigint) IS 'What the next run will change for a person, if nothing new comes (UPD-6).';
REVOKE ALL ON FUNCTION sync.explain_pending(smallint, bigint) FROM PUBLIC;
