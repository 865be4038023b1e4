-- Before anything of a person is written: the notice goes to the addresses they have had, so that nobody
-- loses an account unseen.
CREATE OR REPLACE FUNCTION sync.apply_notices(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.update_active_users THEN
        RETURN;
    END IF;
    WITH managed AS MATERIALIZED (
        SELECT a.account FROM sync.plan_account a WHERE a.slot = p_slot AND a.managed
    ), held AS MATERIALIZED (
        SELECT c.person_id, c.kind, c.value FROM directory.credential c
        WHERE c.district_id = (SELECT v.district_id) AND (v.whole OR c.person_id = ANY (v.judged_accounts))
    ), changed AS (
        SELECT p.account FROM sync.plan_person p
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = p.account AND (v.whole OR d.person_id = ANY (v.accounts))
        WHERE p.slot = p_slot AND p.op = 'change' AND (d.given_name, d.family_name) IS DISTINCT FROM (p.given_name, p.family_name)
        UNION
        SELECT p.account FROM sync.plan_credential p
        LEFT JOIN held h ON h.value = p.value AND h.person_id = p.account AND h.kind = p.kind
        WHERE p.slot = p_slot AND (p.op = 'add' OR p.op = 'change' AND h.value IS NULL)
        UNION
        SELECT h.person_id FROM sync.plan_credential p JOIN held h ON h.value = p.value
        WHERE p.slot = p_slot AND (p.op = 'remove' OR p.op = 'change' AND h.person_id <> p.account)
    )
    INSERT INTO directory.notice (district_id, person_id, kind, value, what, created_by_run)
    SELECT v.district_id, m.account, coalesce(h.kind, n.kind), coalesce(h.value, n.value), 'details_changed', v.run_id
    FROM managed m
    JOIN changed c ON c.account = m.account
    LEFT JOIN held h ON h.person_id = m.account
    LEFT JOIN sync.plan_credential n ON n.slot = p_slot AND n.account = m.account AND n.op IN ('add', 'change') AND h.value IS NULL
    WHERE coalesce(h.value, n.value) IS NOT NULL
    ORDER BY m.account, 4;
END
$function$;

COMMENT ON FUNCTION sync.apply_notices(smallint) IS 'Queues a notice for each active person whose details this run changes, to each address they had (UPD-5).';
REVOKE ALL ON FUNCTION sync.apply_notices(smallint) FROM PUBLIC;
