CREATE OR REPLACE FUNCTION sync.plan_connected(p_slot smallint) RETURNS TABLE (account bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.account FROM sync.plan_role r WHERE r.slot = p_slot AND r.op <> 'remove' AND r.state = 'active'
    UNION
    SELECT r.guardian FROM sync.plan_relationship r
    JOIN sync.plan_role p ON p.slot = p_slot AND p.op <> 'remove' AND p.state = 'active' AND p.role = 'student' AND p.account = r.student
    WHERE r.slot = p_slot AND r.op <> 'remove' AND NOT r.suspended AND (r.claim_sis OR r.claim_manual);
END
$function$;

COMMENT ON FUNCTION sync.plan_connected(smallint) IS 'Who will be connected to some school (IN-6, ABN-S4).';
REVOKE ALL ON FUNCTION sync.plan_connected(smallint) FROM PUBLIC;
