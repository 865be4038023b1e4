-- In people and rooms, not in rows: what a person would say the run did.
CREATE OR REPLACE FUNCTION sync.plan_counts(p_slot smallint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    SELECT jsonb_object_agg(c.kind, jsonb_build_object('added', c.added, 'changed', c.changed, 'removed', c.removed) ORDER BY c.kind)
           || jsonb_build_object('skipped', (SELECT count(*) FROM sync.delta_person p WHERE p.slot = p_slot AND p.op IN ('new', 'back')
                                             AND NOT (sync.has_role(p.roles, 'student') OR sync.has_role(p.roles, 'teacher') OR sync.has_role(p.roles, 'guardian')
                                                      OR sync.has_role(p.roles, 'parent') OR sync.has_role(p.roles, 'relative'))),
                                 'refused_guardians', (SELECT count(*) FROM sync.plan_guardian g
                                                       JOIN sync.plan_account a ON a.slot = p_slot AND a.account = g.account AND a.eligible
                                                       WHERE g.slot = p_slot AND NOT g.added))
    FROM (
        SELECT 'schools' AS kind, count(*) FILTER (WHERE p.op = 'add') AS added,
               count(*) FILTER (WHERE p.op = 'change' AND NOT p.archived) AS changed, count(*) FILTER (WHERE p.op = 'change' AND p.archived) AS removed
        FROM sync.plan_school p WHERE p.slot = p_slot
        UNION ALL
        SELECT 'classrooms', count(*) FILTER (WHERE p.op = 'add'),
               count(*) FILTER (WHERE p.op = 'change' AND p.synced AND p.state = 'active'),
               count(*) FILTER (WHERE p.op = 'change' AND NOT (p.synced AND p.state = 'active'))
        FROM sync.plan_classroom p WHERE p.slot = p_slot
        UNION ALL
        SELECT p.kind, count(*) FILTER (WHERE p.op = 'add'), count(*) FILTER (WHERE p.op = 'change'), 0
        FROM sync.plan_person p WHERE p.slot = p_slot GROUP BY p.kind
        UNION ALL
        SELECT 'student_roles', count(*) FILTER (WHERE p.op = 'add'), count(*) FILTER (WHERE p.op = 'change' AND p.state = 'active'),
               count(*) FILTER (WHERE p.op = 'remove' OR p.op = 'change' AND p.state <> 'active')
        FROM sync.plan_role p WHERE p.slot = p_slot AND p.role = 'student'
        UNION ALL
        SELECT 'teacher_roles', count(*) FILTER (WHERE p.op = 'add'), count(*) FILTER (WHERE p.op = 'change' AND p.claim_sis),
               count(*) FILTER (WHERE p.op = 'remove' OR p.op = 'change' AND NOT p.claim_sis)
        FROM sync.plan_role p WHERE p.slot = p_slot AND p.role = 'teacher'
        UNION ALL
        SELECT 'memberships', count(*) FILTER (WHERE p.op = 'add'),
               count(*) FILTER (WHERE p.op = 'change' AND NOT p.detached AND (p.claim_sis OR NOT p.suspended)),
               count(*) FILTER (WHERE p.op = 'remove' OR p.op = 'change' AND (p.detached OR NOT p.claim_sis AND p.suspended))
        FROM sync.plan_membership p WHERE p.slot = p_slot
        UNION ALL
        SELECT 'guardianships', count(*) FILTER (WHERE p.op = 'add'), count(*) FILTER (WHERE p.op = 'change' AND NOT p.suspended),
               count(*) FILTER (WHERE p.op = 'remove' OR p.op = 'change' AND p.suspended)
        FROM sync.plan_relationship p WHERE p.slot = p_slot
        UNION ALL
        SELECT 'credentials', count(*) FILTER (WHERE p.op = 'add'), count(*) FILTER (WHERE p.op = 'change'), count(*) FILTER (WHERE p.op = 'remove')
        FROM sync.plan_credential p WHERE p.slot = p_slot
        UNION ALL
        SELECT 'invitations', count(*) FILTER (WHERE p.op = 'add'), 0, count(*) FILTER (WHERE p.op = 'remove')
        FROM sync.plan_invitation p WHERE p.slot = p_slot
    ) c);
END
$function$;

COMMENT ON FUNCTION sync.plan_counts(smallint) IS 'What a plan adds, changes and removes, per kind; people whose role is not brought in are skipped (IN-7).';
REVOKE ALL ON FUNCTION sync.plan_counts(smallint) FROM PUBLIC;
