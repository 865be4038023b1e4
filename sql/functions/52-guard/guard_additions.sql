-- New accounts, relationships that did not count before, and invitees whose name or credentials
-- change. Who is taken away by the same plan is a loss and not counted here.
CREATE OR REPLACE FUNCTION sync.guard_additions(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active)
    WITH pair AS MATERIALIZED (
        SELECT p.student, p.guardian, p.op FROM sync.plan_relationship p
        WHERE p.slot = p_slot AND p.op <> 'remove' AND NOT p.suspended
    ), pupil AS MATERIALIZED (
        SELECT r.account, r.school_id, r.role FROM sync.plan_role r
        WHERE r.slot = p_slot AND r.op <> 'remove' AND r.state = 'active' AND r.role IN ('student', 'teacher')
    ), added AS (
        SELECT CASE WHEN a.live_student THEN 'students' WHEN a.live_teacher THEN 'teachers' ELSE 'guardians' END AS kind, a.account
        FROM sync.plan_person p JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account
        WHERE p.slot = p_slot AND p.op = 'add'
    ), touched AS (
        SELECT p.account FROM sync.plan_person p
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = p.account AND (v.whole OR d.person_id = ANY (v.accounts))
        WHERE p.slot = p_slot AND (d.given_name, d.family_name) IS DISTINCT FROM (p.given_name, p.family_name)
        UNION
        SELECT p.account FROM sync.plan_credential p WHERE p.slot = p_slot AND p.op IN ('add', 'remove')
        UNION
        SELECT unnest(ARRAY[p.account, c.person_id]) FROM sync.plan_credential p
        JOIN directory.credential c ON c.district_id = (SELECT v.district_id) AND c.value = p.value AND (v.whole OR c.value = ANY (v.contested))
        WHERE p.slot = p_slot AND c.person_id <> p.account
    ), person AS MATERIALIZED (
        SELECT n.kind, n.account FROM added n
        UNION ALL
        SELECT 'invitees', t.account FROM touched t
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = t.account AND a.live AND NOT a.is_new AND NOT a.is_active
        WHERE NOT EXISTS (SELECT FROM sync.plan_item i WHERE i.slot = p_slot AND i.kind IN ('students', 'teachers', 'guardians') AND i.one = t.account)
    ), place AS (
        SELECT p.account, p.school_id FROM pupil p
        UNION
        SELECT r.guardian, p.school_id FROM pair r JOIN pupil p ON p.account = r.student AND p.role = 'student'
    )
    SELECT p_slot, 'addition', p.kind, hashtextextended('added ' || p.kind || ' ' || a.sourced_id, 0), coalesce(l.school_id, 0), p.account, NULL, a.is_active
    FROM person p
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account
    LEFT JOIN place l ON l.account = p.account
    UNION ALL
    SELECT p_slot, 'addition', 'guardianships',
           hashtextextended('added guardianships ' || coalesce(s.sourced_id, '#' || s.account) || ' ' || coalesce(g.sourced_id, '#' || g.account), 0),
           coalesce(l.school_id, 0), r.student, r.guardian, g.is_active
    FROM pair r
    JOIN sync.plan_account s ON s.slot = p_slot AND s.account = r.student
    JOIN sync.plan_account g ON g.slot = p_slot AND g.account = r.guardian
    LEFT JOIN pupil l ON l.account = r.student AND l.role = 'student'
    WHERE r.op IN ('add', 'change')
      AND NOT EXISTS (SELECT FROM directory.guardianship d
                      WHERE d.district_id = (SELECT v.district_id) AND d.student_id = r.student AND d.guardian_id = r.guardian
                        AND (v.whole OR d.guardian_id = ANY (v.judged_accounts)));
END
$function$;

COMMENT ON FUNCTION sync.guard_additions(smallint) IS 'People and relationships a plan brings in, and invitees it changes (SAFE-9).';
REVOKE ALL ON FUNCTION sync.guard_additions(smallint) FROM PUBLIC;
