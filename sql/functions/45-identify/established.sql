-- What an account is beyond the guardian records that are put together here.
CREATE OR REPLACE FUNCTION sync.established(p_slot smallint, p_accounts bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    RETURN QUERY
    SELECT d.person_id FROM directory.person d
    WHERE d.district_id = (SELECT v.district_id) AND d.person_id = ANY (p_accounts) AND d.status = 'active'
    UNION
    SELECT r.guardian_id FROM directory.relationship r
    WHERE r.district_id = (SELECT v.district_id) AND r.guardian_id = ANY (p_accounts) AND r.claim_manual
    UNION
    SELECT o.person_id FROM directory.role o
    WHERE o.district_id = (SELECT v.district_id) AND o.person_id = ANY (p_accounts) AND o.claim_manual
    UNION
    SELECT c.person_id FROM directory.credential c
    WHERE c.district_id = (SELECT v.district_id) AND c.person_id = ANY (p_accounts) AND (c.manual OR c.vouched)
    UNION
    SELECT n.id FROM sync.plan_pin n WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = ANY (p_accounts)
    UNION
    SELECT p.account FROM sync.after_person p
    WHERE p.slot = p_slot AND p.account = ANY (p_accounts) AND p.live AND (p.attached IN ('match', 'hand') OR NOT p.is_guardian OR p.is_teacher);
END
$function$;

COMMENT ON FUNCTION sync.established(smallint, bigint[]) IS
    'Which of these accounts are more than the SIS''s guardian records made them: by being active, by what was given by hand, a pin or another kind of record (CRED-7).';
REVOKE ALL ON FUNCTION sync.established(smallint, bigint[]) FROM PUBLIC;
