CREATE OR REPLACE FUNCTION sync.judge_guardians(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_guardian (slot, account, added)
    SELECT p_slot, a.account,
           a.eligible AND (a.is_active OR a.tied OR n.id IS NOT NULL
                          OR a.account IN (SELECT c.account FROM sync.plan_claim c WHERE c.slot = p_slot AND c.wins))
    FROM sync.plan_account a
    LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = a.account
    WHERE a.slot = p_slot AND a.judged AND a.live_guardian;
END
$function$;

COMMENT ON FUNCTION sync.judge_guardians(smallint) IS 'A guardian is added with a credential that is theirs alone; an invitee who lost the last one is withdrawn (CRED-1, CRED-2, CRED-5, CRED-8, IN-4).';
REVOKE ALL ON FUNCTION sync.judge_guardians(smallint) FROM PUBLIC;
