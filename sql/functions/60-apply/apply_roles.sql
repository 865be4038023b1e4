CREATE OR REPLACE FUNCTION sync.apply_roles(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.role', jsonb_build_object('person_id', r.person_id, 'school_id', r.school_id, 'role', r.role),
           jsonb_build_object('claim_sis', r.claim_sis, 'claim_manual', r.claim_manual, 'state', r.state),
           CASE WHEN p.op = 'change' THEN jsonb_build_object('claim_sis', p.claim_sis, 'claim_manual', p.claim_manual, 'state', p.state) END
    FROM sync.plan_role p
    JOIN directory.role r ON r.district_id = (SELECT v.district_id) AND r.person_id = p.account AND r.school_id = p.school_id AND r.role = p.role
                         AND (v.whole OR r.person_id = ANY (v.accounts))
    WHERE p.slot = p_slot AND p.op IN ('change', 'remove');

    DELETE FROM directory.role r USING sync.plan_role p
    WHERE p.slot = p_slot AND p.op = 'remove' AND r.district_id = (SELECT v.district_id) AND r.person_id = p.account
      AND r.school_id = p.school_id AND r.role = p.role AND (v.whole OR r.person_id = ANY (v.accounts));

    UPDATE directory.role r SET claim_sis = p.claim_sis, claim_manual = p.claim_manual, state = p.state
    FROM sync.plan_role p
    WHERE p.slot = p_slot AND p.op = 'change' AND r.district_id = (SELECT v.district_id) AND r.person_id = p.account
      AND r.school_id = p.school_id AND r.role = p.role AND (v.whole OR r.person_id = ANY (v.accounts));

    INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual, state, created_by_run)
    SELECT v.district_id, p.account, p.school_id, p.role, p.claim_sis, p.claim_manual, p.state, v.run_id
    FROM sync.plan_role p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.account, p.school_id, p.role;
END
$function$;

COMMENT ON FUNCTION sync.apply_roles(smallint) IS 'Writes who is student or teacher where (UPD-7, UPD-8, ABN-2, ABN-S2).';
REVOKE ALL ON FUNCTION sync.apply_roles(smallint) FROM PUBLIC;
