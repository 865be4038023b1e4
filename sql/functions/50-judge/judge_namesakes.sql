-- Somebody may be a guardian twice: by the SIS, and by a join code under an address the SIS does not know. What
-- the SIS ends is then half over, and it may be about custody. A name is not enough to take somebody
-- away, so people are asked to look. The finding is the student's, whose family is judged with them.
CREATE OR REPLACE FUNCTION sync.judge_namesakes(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_students bigint[];
    v_guardians bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_students := ARRAY(
        SELECT DISTINCT l.student_account FROM sync.after_link l
        JOIN sync.plan_account s ON s.slot = p_slot AND s.account = l.student_account AND s.judged
        WHERE l.slot = p_slot AND l.student_live AND (l.stands AND l.guardian_live) IS NOT TRUE);
    v_guardians := ARRAY(
        SELECT DISTINCT r.guardian_id FROM directory.relationship r
        WHERE r.district_id = (SELECT v.district_id) AND r.student_id = ANY (v_students) AND r.claim_manual AND NOT r.suspended);
    IF v_guardians = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO sync.plan_finding (slot, severity, code, file, column_name, sourced_id, message)
    WITH person AS MATERIALIZED (
        SELECT d.person_id, sync.fold_name(coalesce(n.given_name, d.given_name)) || U&'\001E' || sync.fold_name(coalesce(n.family_name, d.family_name)) AS name
        FROM directory.person d
        LEFT JOIN sync.plan_person n ON n.slot = p_slot AND n.account = d.person_id
        WHERE d.district_id = (SELECT v.district_id) AND d.person_id = ANY (v_guardians)
    ), tie AS MATERIALIZED (
        SELECT l.student, l.student_account, l.guardian, g.account, (l.stands AND l.guardian_live) IS TRUE AS stands,
               sync.fold_name(g.given_name) || U&'\001E' || sync.fold_name(g.family_name) AS name
        FROM sync.after_link l JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian
        WHERE l.slot = p_slot AND l.student_live AND l.student_account = ANY (v_students)
    )
    SELECT p_slot, 'warning', 'student.ended_guardian', 'users.csv', 'agentSourcedIds', t.student,
           format('The SIS has ended the relationship of this student with: %s. An account of the same name is still their guardian by hand: account %s. If it is the same person, a school leader takes them away from the student.',
                  min(t.guardian), min(p.person_id))
    FROM tie t
    JOIN directory.relationship r ON r.district_id = (SELECT v.district_id) AND r.student_id = t.student_account AND r.student_id = ANY (v_students)
                                 AND r.claim_manual AND NOT r.suspended AND r.guardian_id IS DISTINCT FROM t.account
    JOIN person p ON p.person_id = r.guardian_id AND p.name = t.name
    LEFT JOIN sync.plan_relationship c ON c.slot = p_slot AND c.student = r.student_id AND c.guardian = r.guardian_id
    WHERE NOT t.stands AND c.suspended IS NOT TRUE
      AND NOT EXISTS (SELECT FROM tie o WHERE o.student_account = t.student_account AND o.stands AND (o.name = t.name OR o.account = r.guardian_id))
    GROUP BY t.student;
END
$function$;

COMMENT ON FUNCTION sync.judge_namesakes(smallint) IS 'Students who have a guardian by hand of the name of one whom the SIS has taken from them (UPD-2, GRD-3).';
REVOKE ALL ON FUNCTION sync.judge_namesakes(smallint) FROM PUBLIC;
