CREATE OR REPLACE FUNCTION sync.apply_memberships(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_accounts bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_accounts := CASE WHEN NOT v.whole THEN ARRAY(
        SELECT DISTINCT p.account FROM sync.plan_membership p WHERE p.slot = p_slot AND p.op IN ('change', 'remove')) END;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.membership',
           jsonb_build_object('classroom_id', m.classroom_id, 'person_id', m.person_id, 'role', m.role),
           jsonb_build_object('claim_sis', m.claim_sis, 'claim_manual', m.claim_manual, 'suspended', m.suspended, 'detached', m.detached),
           CASE WHEN p.op = 'change' THEN jsonb_build_object('claim_sis', p.claim_sis, 'claim_manual', p.claim_manual, 'suspended', p.suspended, 'detached', p.detached) END
    FROM sync.plan_membership p
    JOIN directory.membership m ON m.district_id = (SELECT v.district_id) AND m.classroom_id = p.classroom_id AND m.person_id = p.account AND m.role = p.role
                               AND (v.whole OR m.person_id = ANY (v_accounts))
    WHERE p.slot = p_slot AND p.op IN ('change', 'remove');

    DELETE FROM directory.membership m USING sync.plan_membership p
    WHERE p.slot = p_slot AND p.op = 'remove' AND m.district_id = (SELECT v.district_id) AND m.classroom_id = p.classroom_id
      AND m.person_id = p.account AND m.role = p.role AND (v.whole OR m.person_id = ANY (v_accounts));

    UPDATE directory.membership m SET claim_sis = p.claim_sis, claim_manual = p.claim_manual, suspended = p.suspended, detached = p.detached
    FROM sync.plan_membership p
    WHERE p.slot = p_slot AND p.op = 'change' AND m.district_id = (SELECT v.district_id) AND m.classroom_id = p.classroom_id
      AND m.person_id = p.account AND m.role = p.role AND (v.whole OR m.person_id = ANY (v_accounts));

    INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual, suspended, created_by_run)
    SELECT v.district_id, p.classroom_id, p.account, p.role, p.claim_sis, p.claim_manual, p.suspended, v.run_id
    FROM sync.plan_membership p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.classroom_id, p.account, p.role;
END
$function$;

COMMENT ON FUNCTION sync.apply_memberships(smallint) IS 'Writes the rosters (UPD-1, UPD-7, ABN-E3).';
REVOKE ALL ON FUNCTION sync.apply_memberships(smallint) FROM PUBLIC;
