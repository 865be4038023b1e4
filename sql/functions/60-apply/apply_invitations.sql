CREATE OR REPLACE FUNCTION sync.apply_invitations(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.invitation', jsonb_build_object('invitation_id', p.invitation_id),
           jsonb_build_object('state', 'open'), jsonb_build_object('state', 'closed')
    FROM sync.plan_invitation p WHERE p.slot = p_slot AND p.op = 'remove';

    UPDATE directory.invitation i SET state = 'closed', ended_at = now()
    FROM sync.plan_invitation p
    WHERE p.slot = p_slot AND p.op = 'remove' AND i.district_id = (SELECT v.district_id) AND i.invitation_id = p.invitation_id
      AND i.state = 'open' AND (v.whole OR i.person_id = ANY (v.judged_accounts));

    INSERT INTO directory.invitation (district_id, person_id, kind, value, created_by_run)
    SELECT v.district_id, p.account, p.kind, p.value, v.run_id
    FROM sync.plan_invitation p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.account, p.value;
END
$function$;

COMMENT ON FUNCTION sync.apply_invitations(smallint) IS 'Closes and opens invitations (IN-6, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_invitations(smallint) FROM PUBLIC;
