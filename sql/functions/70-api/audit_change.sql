-- One line of the audit for one row a manual act changed. A row that is the same after as before is
-- not a change. p_before NULL: the act made the row.
CREATE OR REPLACE FUNCTION api.audit_change(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                            p_relation text, p_key jsonb, p_before jsonb, p_after jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, p_act, p_rule, p_relation, p_key, p_before, p_after
     WHERE p_before IS DISTINCT FROM p_after
$$;
COMMENT ON FUNCTION api.audit_change(bigint, bigint, text, text, text, jsonb, jsonb, jsonb) IS
    'Writes who changed what by which act and rule, before and after.';
REVOKE ALL ON FUNCTION api.audit_change(bigint, bigint, text, text, text, jsonb, jsonb, jsonb) FROM PUBLIC;
