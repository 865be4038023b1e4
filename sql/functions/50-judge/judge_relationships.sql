-- Per pair of accounts. While the student's record is live, a pair that the SIS does not state any
-- more, or whose guardian's record is gone, has ended: every claim to it is suspended, and the row
-- stays so that no join code restores it. Once the student's record is gone nothing ends. A pair whose
-- record is now another account's has not ended, it has moved. Pinning a guardian keeps their students for
-- them; pinning a student keeps no guardian whom the SIS has dropped.
CREATE OR REPLACE FUNCTION sync.judge_relationships(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_relationship (slot, op, student, guardian, claim_sis, claim_manual, suspended, rule)
    WITH stated AS (
        SELECT l.student_account AS student, l.guardian_account AS guardian, bool_or(l.stands AND l.guardian_live) AS stands
        FROM sync.after_link l
        WHERE l.slot = p_slot AND l.student_account IS NOT NULL AND l.guardian_account IS NOT NULL AND l.judged
        GROUP BY l.student_account, l.guardian_account
    ), moved AS MATERIALIZED (
        SELECT m.student, m.guardian FROM sync.moved_pairs(p_slot) m
    ), judged AS (
        SELECT coalesce(n.student, r.student_id) AS student, coalesce(n.guardian, r.guardian_id) AS guardian,
               r.student_id IS NULL AS is_new, r.student_live, coalesce(n.stands, false) AS stands,
               coalesce(r.claim_sis, false) AS claim_sis, coalesce(r.claim_manual, false) AS claim_manual, coalesce(r.suspended, false) AS suspended
        FROM stated n
        FULL JOIN (SELECT r.*, s.live_student AS student_live FROM directory.relationship r
                   JOIN sync.plan_account a ON a.slot = p_slot AND a.account = r.guardian_id AND a.judged
                   JOIN sync.plan_account s ON s.slot = p_slot AND s.account = r.student_id
                   WHERE r.district_id = (SELECT v.district_id) AND (v.whole OR r.guardian_id = ANY (v.judged_accounts))) r
            ON r.student_id = n.student AND r.guardian_id = n.guardian
    ), decided AS (
        SELECT j.*,
               CASE WHEN j.stands AND coalesce(g.added, false) THEN 'states'
                    WHEN j.is_new THEN 'nothing'
                    WHEN j.claim_sis AND NOT j.stands AND m.student IS NOT NULL THEN 'moves'
                    WHEN NOT j.claim_sis OR NOT j.student_live OR n.id IS NOT NULL THEN 'keeps'
                    WHEN j.stands THEN 'withdraws' ELSE 'ends' END AS verdict
        FROM judged j
        LEFT JOIN sync.plan_guardian g ON g.slot = p_slot AND g.account = j.guardian
        LEFT JOIN moved m ON m.student = j.student AND m.guardian = j.guardian
        LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = j.guardian
    )
    SELECT p_slot,
           CASE WHEN d.is_new THEN 'add'
                WHEN d.verdict = 'states' AND d.student_live THEN CASE WHEN d.claim_sis AND NOT d.suspended THEN 'keep' ELSE 'change' END
                WHEN d.verdict IN ('withdraws', 'moves') THEN CASE WHEN d.claim_manual THEN 'change' ELSE 'remove' END
                WHEN d.verdict = 'ends' THEN 'change' ELSE 'keep' END,
           d.student, d.guardian,
           CASE WHEN d.is_new OR d.verdict = 'states' AND d.student_live THEN true WHEN d.verdict IN ('withdraws', 'moves', 'ends') THEN false ELSE d.claim_sis END,
           d.claim_manual,
           CASE WHEN d.is_new OR d.verdict = 'states' AND d.student_live THEN false WHEN d.verdict = 'ends' THEN true ELSE d.suspended END,
           CASE d.verdict WHEN 'withdraws' THEN 'CRED-8' WHEN 'moves' THEN 'CRED-7' ELSE 'UPD-2' END
    FROM decided d
    WHERE d.verdict <> 'nothing';
END
$function$;

COMMENT ON FUNCTION sync.judge_relationships(smallint) IS 'Relationships follow the links while the student is live, and stay as last accepted once the student is gone (IN-5, UPD-2, CRED-2, CRED-7, CRED-8, CRED-9, GRD-3, ABN-1, ABN-S4).';
REVOKE ALL ON FUNCTION sync.judge_relationships(smallint) FROM PUBLIC;
