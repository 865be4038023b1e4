-- One row an account, with what the later steps ask of it. A person may have several records.
CREATE OR REPLACE FUNCTION sync.judge_accounts(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_account (slot, account, sourced_id, is_new, is_active, enabled, recorded, live, live_student, live_teacher,
                                   live_guardian, is_student, judged, rank, tied, eligible, managed)
    WITH recorded AS (
        SELECT p.account, coalesce(min(p.sourced_id) FILTER (WHERE p.live), min(p.sourced_id)) AS sourced_id, bool_or(p.live) AS live,
               bool_or(p.live AND p.is_student) AS live_student, bool_or(p.live AND p.is_teacher) AS live_teacher,
               bool_or(p.live AND p.is_guardian) AS live_guardian, bool_or(p.is_student) AS is_student, bool_or(p.judged) AS judged
        FROM sync.after_person p WHERE p.slot = p_slot AND p.account IS NOT NULL GROUP BY p.account
    ), person AS MATERIALIZED (
        SELECT d.person_id, d.status = 'active' AS is_active, d.account_enabled
        FROM directory.person d WHERE d.district_id = (SELECT v.district_id) AND (v.whole OR d.person_id = ANY (v.accounts))
    ), everybody AS (
        SELECT coalesce(r.account, d.person_id) AS account, r.sourced_id, d.person_id IS NULL AS is_new,
               coalesce(d.is_active, false) AS is_active, coalesce(d.account_enabled, false) AS enabled,
               r.account IS NOT NULL AS recorded, coalesce(r.live, false) AS live, coalesce(r.live_student, false) AS live_student,
               coalesce(r.live_teacher, false) AS live_teacher, coalesce(r.live_guardian, false) AS live_guardian,
               coalesce(r.is_student, false) AS is_student, coalesce(r.judged, false) AS judged
        FROM recorded r FULL JOIN person d ON d.person_id = r.account
    ), manual AS (
        SELECT o.person_id, bool_or(o.role <> 'student') AS is_staff, bool_or(o.role = 'student') AS is_student
        FROM directory.role o
        WHERE o.district_id = (SELECT v.district_id) AND (v.whole OR o.person_id = ANY (v.accounts))
          AND (o.claim_manual OR o.person_id IN (SELECT n.id FROM sync.plan_pin n WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person'))
        GROUP BY o.person_id
    ), present AS MATERIALIZED (
        SELECT r.student_id, r.guardian_id, r.claim_sis, r.claim_manual, r.suspended FROM directory.relationship r
        WHERE r.district_id = (SELECT v.district_id) AND (v.whole OR r.guardian_id = ANY (v.accounts))
    ), guarding AS (
        -- a manual claim to a pair that this run ends does not count any more (UPD-2); one that moves has not ended (CRED-8)
        SELECT DISTINCT r.guardian_id FROM present r
        LEFT JOIN sync.after_person s ON s.slot = p_slot AND s.account = r.student_id AND s.live AND s.is_student
        LEFT JOIN sync.after_link l ON l.slot = p_slot AND l.student_account = r.student_id AND l.guardian_account = r.guardian_id
                                    AND l.stands AND l.guardian_live
        LEFT JOIN sync.moved_pairs(p_slot) m ON m.student = r.student_id AND m.guardian = r.guardian_id
        WHERE r.claim_manual AND NOT r.suspended AND NOT (r.claim_sis AND s.account IS NOT NULL AND l.student IS NULL AND m.student IS NULL)
    ), linked AS (
        -- a pair that had ended before its student left is not taken up again by the link they left behind
        SELECT DISTINCT l.guardian_account AS account FROM sync.after_link l
        LEFT JOIN present r ON r.student_id = l.student_account AND r.guardian_id = l.guardian_account AND r.suspended
        WHERE l.slot = p_slot AND l.stands AND l.student_account IS NOT NULL AND l.guardian_account IS NOT NULL
          AND (l.student_live OR r.student_id IS NULL)
    )
    SELECT p_slot, e.account, e.sourced_id, e.is_new, e.is_active, e.enabled, e.recorded, e.live, e.live_student, e.live_teacher,
           e.live_guardian, e.is_student OR coalesce(m.is_student, false),
           v.whole OR e.judged OR e.account = ANY (v.judged_accounts),
           CASE WHEN e.live_teacher OR m.is_staff THEN 1 WHEN e.live_guardian THEN 2
                WHEN e.is_student OR m.is_student THEN 3 ELSE 2 END,
           t.guardian_id IS NOT NULL, l.account IS NOT NULL OR t.guardian_id IS NOT NULL, e.is_active AND e.live AND v.update_active_users
    FROM everybody e
    LEFT JOIN manual m ON m.person_id = e.account
    LEFT JOIN guarding t ON t.guardian_id = e.account
    LEFT JOIN linked l ON l.account = e.account;
END
$function$;

COMMENT ON FUNCTION sync.judge_accounts(smallint) IS 'Who somebody is, over all their records and what was done by hand; a guardian needs a student of the directory (IN-4); whose details are the sync''s (UPD-5); who has somebody by hand (CRED-8).';
REVOKE ALL ON FUNCTION sync.judge_accounts(smallint) FROM PUBLIC;
