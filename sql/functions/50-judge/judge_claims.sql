-- All claims at once, as they stand after the run. An active person claims what they hold, an invitee
-- what the SIS gives, and what was given by hand only where the SIS gives nothing: also what a leader gave
-- while the SIS gave the same. Where the sync owns the details of active people, they claim what the SIS
-- gives: first what they hold of it. Whoever is pinned keeps what they hold while no live record speaks, or
-- until the SIS changes when an undo gave it back. Who claims something only by holding it, and loses it, claims
-- it no more from the next run on: to whom else it goes, or not, is by the others alone, and only they are told of.
CREATE OR REPLACE FUNCTION sync.judge_claims(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_claim (slot, value, kind, account, rank, is_active, manual, holds, wins)
    WITH held AS MATERIALIZED (
        SELECT c.value, c.kind, c.person_id, c.manual, c.manual OR c.vouched AS by_hand FROM directory.credential c
        WHERE c.district_id = (SELECT v.district_id) AND (v.whole OR c.value = ANY (v.contested))
    ), pinned AS MATERIALIZED (
        SELECT n.id AS account, n.frozen FROM sync.plan_pin n WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person'
    ), given AS MATERIALIZED (
        SELECT a.account, a.rank, a.managed, c.kind, c.value
        FROM sync.after_person p
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account AND (NOT a.is_active OR a.managed)
        CROSS JOIN LATERAL (
            SELECT 'email' AS kind, p.email AS value WHERE p.email IS NOT NULL AND (p.is_teacher OR p.is_student OR p.is_guardian AND a.eligible)
            UNION ALL SELECT 'sms', p.sms WHERE p.sms IS NOT NULL AND p.is_guardian AND a.eligible
            UNION ALL SELECT 'phone', p.phone WHERE p.phone IS DISTINCT FROM p.sms AND p.phone IS NOT NULL AND v.phone_is_credential
                                                AND p.is_guardian AND a.eligible) c
        WHERE p.slot = p_slot AND p.live
          AND NOT EXISTS (SELECT FROM pinned n WHERE n.account = a.account AND n.frozen)
    ), claims AS MATERIALIZED (
        SELECT g.value, g.kind, g.account, g.rank, g.managed AND h.value IS NOT NULL AS is_active, false AS manual, h.value IS NOT NULL AS holds, true AS lasts
        FROM given g LEFT JOIN held h ON h.value = g.value AND h.person_id = g.account AND (g.managed OR NOT h.manual)
        WHERE v.whole OR g.value = ANY (v.contested)
        UNION ALL
        SELECT h.value, h.kind, h.person_id, a.rank, a.is_active OR coalesce(n.frozen, false), h.manual, true, false
        FROM held h
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = h.person_id
        LEFT JOIN (SELECT DISTINCT g.account FROM given g) sis ON sis.account = h.person_id
        LEFT JOIN pinned n ON n.account = h.person_id
        WHERE CASE WHEN n.frozen THEN true WHEN a.is_active THEN NOT a.managed
                   ELSE n.account IS NOT NULL AND NOT a.live OR h.by_hand AND (NOT a.live OR a.tied AND sis.account IS NULL) END
    ), several AS MATERIALIZED (
        SELECT c.value FROM claims c GROUP BY c.value HAVING count(*) > 1
    ), compared AS (
        -- several records of one person may give the same
        SELECT c.*, bool_or(c.is_active) OVER same_value AS taken, min(c.rank) OVER same_value AS best
        FROM (SELECT x.value, max(x.kind) AS kind, x.account, x.rank, x.is_active, x.manual, x.holds, x.lasts
              FROM claims x JOIN several USING (value)
              GROUP BY x.value, x.account, x.rank, x.is_active, x.manual, x.holds, x.lasts) c
        WINDOW same_value AS (PARTITION BY c.value)
    )
    SELECT p_slot, c.value, c.kind, c.account, c.rank, c.is_active, c.manual, c.holds, c.wins
    FROM (SELECT o.*, o.is_active OR NOT o.taken AND o.rank = o.best
                      AND (o.holds OR count(*) FILTER (WHERE o.rank = o.best) OVER (PARTITION BY o.value) = 1) AS wins
          FROM compared o) c
    WHERE c.wins OR c.lasts
    UNION ALL
    SELECT p_slot, c.value, c.kind, c.account, c.rank, c.is_active, c.manual, c.holds, true
    FROM claims c LEFT JOIN several s ON s.value = c.value
    WHERE s.value IS NULL;
    IF v.update_active_users THEN
        PERFORM sync.keep_last_credentials(p_slot);
    END IF;

    INSERT INTO sync.plan_credential (slot, op, value, kind, account, manual, rule)
    WITH managed AS MATERIALIZED (
        SELECT a.account FROM sync.plan_account a WHERE a.slot = p_slot AND a.managed AND v.update_active_users
    )
    SELECT p_slot,
           CASE WHEN h.value IS NULL THEN 'add' WHEN w.value IS NULL THEN 'remove'
                WHEN (h.person_id, h.kind, h.manual) IS DISTINCT FROM (w.account, w.kind, w.manual) THEN 'change' ELSE 'keep' END,
           coalesce(w.value, h.value), coalesce(w.kind, h.kind), coalesce(w.account, h.person_id), coalesce(w.manual, h.manual),
           CASE WHEN m.account IS NOT NULL OR l.account IS NOT NULL THEN 'UPD-5' WHEN h.person_id = w.account THEN 'UPD-3' ELSE 'CRED-4' END
    FROM (SELECT c.value, c.kind, c.account, c.manual FROM sync.plan_claim c WHERE c.slot = p_slot AND c.wins) w
    FULL JOIN (SELECT c.value, c.kind, c.person_id, c.manual FROM directory.credential c
               WHERE c.district_id = (SELECT v.district_id) AND (v.whole OR c.value = ANY (v.contested))) h ON h.value = w.value
    LEFT JOIN managed m ON m.account = coalesce(w.account, h.person_id)
    LEFT JOIN managed l ON l.account = h.person_id;
END
$function$;

COMMENT ON FUNCTION sync.judge_claims(smallint) IS 'Who claims which credential and who gets it (CRED-3, CRED-4, CRED-5, CRED-6, CRED-8, UPD-3, UPD-4, UPD-5, IN-2, IN-3, IN-4).';
REVOKE ALL ON FUNCTION sync.judge_claims(smallint) FROM PUBLIC;
