CREATE OR REPLACE FUNCTION sync.apply_relationships(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.relationship', jsonb_build_object('student_id', r.student_id, 'guardian_id', r.guardian_id),
           jsonb_build_object('claim_sis', r.claim_sis, 'claim_manual', r.claim_manual, 'suspended', r.suspended),
           CASE WHEN p.op = 'change' THEN jsonb_build_object('claim_sis', p.claim_sis, 'claim_manual', p.claim_manual, 'suspended', p.suspended) END
    FROM sync.plan_relationship p
    JOIN directory.relationship r ON r.district_id = (SELECT v.district_id) AND r.student_id = p.student AND r.guardian_id = p.guardian
                                 AND (v.whole OR r.guardian_id = ANY (v.judged_accounts))
    WHERE p.slot = p_slot AND p.op IN ('change', 'remove');

    DELETE FROM directory.relationship r USING sync.plan_relationship p
    WHERE p.slot = p_slot AND p.op = 'remove' AND r.district_id = (SELECT v.district_id) AND r.student_id = p.student
      AND r.guardian_id = p.guardian AND (v.whole OR r.guardian_id = ANY (v.judged_accounts));

    UPDATE directory.relationship r SET claim_sis = p.claim_sis, claim_manual = p.claim_manual, suspended = p.suspended
    FROM sync.plan_relationship p
    WHERE p.slot = p_slot AND p.op = 'change' AND r.district_id = (SELECT v.district_id) AND r.student_id = p.student
      AND r.guardian_id = p.guardian AND (v.whole OR r.guardian_id = ANY (v.judged_accounts));

    INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, claim_manual, suspended, created_by_run)
    SELECT v.district_id, p.student, p.guardian, p.claim_sis, p.claim_manual, p.suspended, v.run_id
    FROM sync.plan_relationship p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.student, p.guardian;
END
$function$;

COMMENT ON FUNCTION sync.apply_relationships(smallint) IS 'Writes who is whose guardian (UPD-2, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_relationships(smallint) FROM PUBLIC;
