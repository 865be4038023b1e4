-- One open invitation a credential of an invitee who reaches some school; a new one if a number is now of
-- another kind, as who could not be called may be texted. A student's waits for the account to be enabled.
CREATE OR REPLACE FUNCTION sync.judge_invitations(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_invitation (slot, op, invitation_id, account, kind, value, rule)
    WITH wanted AS (
        SELECT c.account, c.kind, c.value
        FROM sync.plan_credential c
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = c.account AND a.judged AND NOT a.is_active
        WHERE c.slot = p_slot AND c.op <> 'remove'
          -- a student by a record, or by a place alone that is left of one
          AND (a.enabled OR NOT a.is_student AND NOT EXISTS (SELECT FROM sync.plan_role r WHERE r.slot = p_slot AND r.op <> 'remove' AND r.role = 'student' AND r.account = c.account))
          AND EXISTS (SELECT FROM sync.plan_connected n WHERE n.slot = p_slot AND n.account = c.account)
    )
    SELECT p_slot, CASE WHEN i.invitation_id IS NULL THEN 'add' ELSE 'remove' END, i.invitation_id,
           coalesce(w.account, i.person_id), coalesce(w.kind, i.kind), coalesce(w.value, i.value), 'IN-6'
    FROM wanted w
    FULL JOIN (SELECT i.invitation_id, i.person_id, i.kind, i.value FROM directory.invitation i
               JOIN sync.plan_account a ON a.slot = p_slot AND a.account = i.person_id AND a.judged
               WHERE i.district_id = (SELECT v.district_id) AND i.state = 'open' AND (v.whole OR i.person_id = ANY (v.judged_accounts))) i
        ON i.person_id = w.account AND i.value = w.value AND i.kind = w.kind
    WHERE i.invitation_id IS NULL OR w.account IS NULL;
END
$function$;

COMMENT ON FUNCTION sync.judge_invitations(smallint) IS 'Who is invited: every credential of a connected invitee has one open invitation, everything else none (IN-2, IN-6, CRED-8, ABN-S4).';
REVOKE ALL ON FUNCTION sync.judge_invitations(smallint) FROM PUBLIC;
