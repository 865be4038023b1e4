-- First the classrooms that are active after this run; an archived one keeps its roster (CLS-9). A manual
-- claim is suspended while its member has no role at the classroom's school. A pinned person stays in; the
-- roster of a pinned classroom stays when its class has left, but for people who left the school.
CREATE OR REPLACE FUNCTION sync.judge_memberships(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_membership (slot, op, classroom_id, account, role, claim_sis, claim_manual, suspended, detached, rule)
    WITH wanted AS MATERIALIZED (
        SELECT DISTINCT k.classroom_id, e.account, e.role
        FROM sync.after_enrollment e
        JOIN sync.after_class c ON c.slot = p_slot AND c.sourced_id = e.class AND c.stands
        JOIN sync.plan_classroom k ON k.slot = p_slot AND k.classroom_id = c.classroom_id AND k.synced AND k.state = 'active'
        WHERE e.slot = p_slot AND e.account IS NOT NULL AND e.judged
    ), reached AS (
        SELECT DISTINCT r.account, r.school_id, CASE r.role WHEN 'student' THEN 'student' ELSE 'teacher' END AS role
        FROM sync.plan_role r WHERE r.slot = p_slot AND r.op <> 'remove' AND r.state = 'active'
    ), seat AS MATERIALIZED (
        SELECT DISTINCT c.classroom_id, s.account
        FROM sync.after_seat s JOIN sync.after_class c ON c.slot = p_slot AND c.sourced_id = s.class AND c.classroom_id IS NOT NULL
        WHERE s.slot = p_slot
    ), had AS (
        SELECT m.*, a.live
        FROM directory.membership m
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = m.person_id AND a.judged
        WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.person_id = ANY (v.judged_accounts))
        UNION ALL
        SELECT m.*, true
        FROM seat s
        CROSS JOIN LATERAL (SELECT m.* FROM directory.membership m
                            WHERE m.district_id = (SELECT v.district_id) AND m.classroom_id = s.classroom_id AND m.person_id = s.account OFFSET 0) m
    ), present AS MATERIALIZED (
        SELECT m.classroom_id, m.person_id, m.role, m.claim_sis, m.claim_manual, m.suspended, m.detached, k.disconnects, m.live,
               n.id IS NOT NULL AND k.synced AS pinned, room.id IS NOT NULL AND c.stands IS NOT TRUE AS room_kept,
               here.account IS NOT NULL AS is_here, everywhere.account IS NOT NULL AS is_everywhere
        FROM had m
        JOIN sync.plan_classroom k ON k.slot = p_slot AND k.classroom_id = m.classroom_id AND k.state = 'active'
        LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = m.person_id
        LEFT JOIN sync.plan_pin room ON room.slot = p_slot AND room.op = 'keep' AND room.kind = 'classroom' AND room.id = m.classroom_id
        LEFT JOIN sync.after_class c ON c.slot = p_slot AND c.classroom_id = m.classroom_id
        LEFT JOIN reached here ON here.account = m.person_id AND here.school_id = k.school_id AND here.role = m.role
        LEFT JOIN reached everywhere ON everywhere.account = m.person_id AND everywhere.school_id = 0 AND everywhere.role = m.role
    ), judged AS (
        SELECT coalesce(w.classroom_id, m.classroom_id) AS classroom_id, coalesce(w.account, m.person_id) AS account,
               coalesce(w.role, m.role) AS role, m.person_id IS NULL AS is_new, coalesce(m.live, true) AS live, m.claim_sis AS had_sis, m.claim_manual AS had_manual,
               m.suspended AS was_suspended, m.detached AS was_detached,
               w.account IS NOT NULL OR coalesce(m.claim_sis AND (m.pinned OR m.room_kept AND m.is_here), false) AS claim_sis,
               coalesce(m.detached, false) AND w.account IS NULL AND NOT m.is_here AS detached,
               coalesce(m.claim_manual OR m.claim_sis AND m.disconnects, false) AS claim_manual,
               coalesce(m.claim_manual OR m.claim_sis AND m.disconnects, false)
                   AND NOT m.is_here AND NOT m.is_everywhere AS suspended
        FROM wanted w
        FULL JOIN present m ON m.classroom_id = w.classroom_id AND m.person_id = w.account AND m.role = w.role
    )
    SELECT p_slot, CASE WHEN j.is_new THEN 'add' WHEN NOT j.claim_sis AND NOT j.claim_manual THEN 'remove' ELSE 'change' END,
           j.classroom_id, j.account, j.role, j.claim_sis, j.claim_manual, j.suspended, j.detached,
           CASE WHEN j.suspended AND NOT j.was_suspended OR NOT j.live AND NOT j.claim_manual
                THEN CASE WHEN j.live THEN 'UPD-8' WHEN j.role = 'student' THEN 'ABN-S1' ELSE 'ABN-2' END
                WHEN j.was_suspended THEN 'ABN-B1' ELSE 'UPD-1' END
    FROM judged j
    WHERE j.is_new OR (j.claim_sis, j.claim_manual, j.suspended, j.detached) IS DISTINCT FROM (j.had_sis, j.had_manual, j.was_suspended, j.was_detached);

    -- Archived classrooms: only EXTREME takes somebody out, and gives back who returns.
    INSERT INTO sync.plan_membership (slot, op, classroom_id, account, role, claim_sis, claim_manual, suspended, detached, rule)
    SELECT p_slot, 'change', m.classroom_id, m.person_id, m.role, m.claim_sis, m.claim_manual, m.suspended, gone.account IS NOT NULL,
           CASE WHEN gone.account IS NOT NULL THEN 'ABN-E1' ELSE 'ABN-B1' END
    FROM directory.membership m
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = m.person_id AND a.judged
    JOIN sync.plan_classroom k ON k.slot = p_slot AND k.classroom_id = m.classroom_id AND k.state <> 'active'
    LEFT JOIN sync.plan_abandoned gone ON gone.slot = p_slot AND gone.account = m.person_id
    LEFT JOIN (SELECT DISTINCT r.account FROM sync.plan_role r
               WHERE r.slot = p_slot AND r.op <> 'remove' AND r.state = 'active' AND r.role = 'student') pupil ON pupil.account = m.person_id
    WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.person_id = ANY (v.judged_accounts)) AND m.role = 'student'
      AND CASE WHEN m.detached THEN pupil.account IS NOT NULL ELSE gone.account IS NOT NULL END;
END
$function$;

COMMENT ON FUNCTION sync.judge_memberships(smallint) IS 'Rosters follow the enrollments; people who left a school leave its active classrooms, and stay in the archived ones (UPD-1, UPD-8, CLS-6, CLS-7, CLS-9, ABN-2, ABN-S1, ABN-S3, ABN-E1, ABN-E3, ABN-B1).';
REVOKE ALL ON FUNCTION sync.judge_memberships(smallint) FROM PUBLIC;
