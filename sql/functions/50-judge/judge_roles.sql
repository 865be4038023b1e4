-- A person's schools are those of their roles in the SIS and those of their enrollments. Students who
-- have none left are archived where they were, or detached with their family; teachers lose the school,
-- and so does an account whose last record has become somebody else's. A student whom the SIS has is the
-- SIS's, also if a leader made them. Made for everybody in the scope, judged or not, because a guardian
-- reaches what their students reach.
CREATE OR REPLACE FUNCTION sync.judge_roles(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_seated bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_role (slot, op, account, school_id, role, claim_sis, claim_manual, state, rule)
    WITH wanted AS MATERIALIZED (
        SELECT DISTINCT s.account, s.school_id, s.role FROM sync.after_school s WHERE s.slot = p_slot
    ), present AS MATERIALIZED (
        SELECT r.person_id, r.school_id, r.role, r.claim_sis OR taken.over AS had_sis, taken.over AS taken_over,
               r.claim_manual AND NOT taken.over AS claim_manual, r.state, n.id IS NOT NULL AS pinned, a.live, a.recorded,
               r.role = 'student' AND still.account IS NULL AND n.id IS NULL AND a.recorded AS archives,
               CASE WHEN gone.account IS NOT NULL THEN 'detached' WHEN r.state = 'active' THEN 'archived' ELSE r.state END AS archived_as
        FROM directory.role r
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = r.person_id
        CROSS JOIN LATERAL (SELECT r.claim_manual AND r.role = 'student' AND a.live_student AS over) taken
        LEFT JOIN (SELECT DISTINCT x.account FROM wanted x WHERE x.role = 'student') still ON still.account = r.person_id
        LEFT JOIN sync.plan_abandoned gone ON gone.slot = p_slot AND gone.account = r.person_id
        LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = r.person_id
        WHERE r.district_id = (SELECT v.district_id) AND (v.whole OR r.person_id = ANY (v.accounts))
    ), judged AS (
        SELECT coalesce(w.account, r.person_id) AS account, coalesce(w.school_id, r.school_id) AS school_id, coalesce(w.role, r.role) AS role,
               w.account IS NOT NULL AS wanted, r.person_id IS NULL AS is_new,
               coalesce(r.had_sis, false) AS had_sis, coalesce(r.taken_over, false) AS taken_over, coalesce(r.claim_manual, false) AS claim_manual,
               r.state, r.pinned, r.live, r.recorded, r.archives, r.archived_as
        FROM wanted w
        FULL JOIN present r ON r.person_id = w.account AND r.school_id = w.school_id AND r.role = w.role
    )
    SELECT p_slot,
           CASE WHEN j.is_new THEN 'add'
                WHEN j.wanted THEN CASE WHEN j.had_sis AND j.state = 'active' AND NOT j.taken_over THEN 'keep' ELSE 'change' END
                WHEN NOT j.had_sis OR j.pinned THEN CASE WHEN j.taken_over THEN 'change' ELSE 'keep' END
                WHEN j.archives THEN CASE WHEN j.state <> j.archived_as OR j.taken_over THEN 'change' ELSE 'keep' END
                WHEN j.claim_manual THEN 'change' ELSE 'remove' END,
           j.account, j.school_id, j.role, j.wanted OR j.had_sis AND (j.archives OR j.pinned), j.claim_manual,
           CASE WHEN j.wanted THEN 'active' WHEN j.had_sis AND j.archives THEN j.archived_as ELSE j.state END,
           CASE WHEN j.taken_over THEN 'OFF-3'
                WHEN j.wanted THEN CASE WHEN j.is_new THEN 'UPD-2' ELSE 'ABN-B1' END
                WHEN NOT j.recorded THEN 'CRED-9'
                WHEN j.archives THEN CASE j.archived_as WHEN 'detached' THEN 'ABN-E1' ELSE 'ABN-S2' END
                WHEN j.live THEN 'UPD-8' ELSE 'ABN-2' END
    FROM judged j;

    -- Whoever is judged for a place in a class alone goes on as they are.
    v_seated := ARRAY(SELECT DISTINCT s.account FROM sync.after_seat s WHERE s.slot = p_slot AND s.alone);
    INSERT INTO sync.plan_role (slot, op, account, school_id, role, claim_sis, claim_manual, state, rule)
    SELECT p_slot, 'keep', r.person_id, r.school_id, r.role, r.claim_sis, r.claim_manual, r.state, 'UPD-8'
    FROM directory.role r WHERE r.district_id = (SELECT v.district_id) AND r.person_id = ANY (v_seated);
END
$function$;

COMMENT ON FUNCTION sync.judge_roles(smallint) IS 'Who is student or teacher at which school (IN-1, UPD-8, OFF-3, ABN-1, ABN-2, ABN-S2, ABN-S5, ABN-E1, ABN-B1).';
REVOKE ALL ON FUNCTION sync.judge_roles(smallint) FROM PUBLIC;
