-- Whoever of another name has it may go on having it, though no record of theirs claims it: an active
-- person, somebody who is pinned, or who was given it by hand and to whom the SIS gives nothing. And whoever
-- the SIS gives it may claim it as the guardian of a student by hand, or of another record's, of which that
-- record says nothing (sync.record_claims). Where there is nobody of the kind nothing else is asked.
CREATE OR REPLACE FUNCTION sync.kept_apart(p_slot smallint, p_values text[]) RETURNS TABLE (value text, name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_held text[];
    v_holders bigint[];
    v_names text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT x.value FROM unnest(p_values) AS x (value)
    ), holder AS (
        SELECT h.value, h.person_id, sync.fold_name(d.given_name) || U&'\001E' || sync.fold_name(d.family_name) AS name
        FROM asked s
        JOIN directory.credential h ON h.district_id = (SELECT v.district_id) AND h.value = s.value AND (v.whole OR h.value = ANY (v.contested))
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = h.person_id AND (v.whole OR d.person_id = ANY (v.accounts))
        LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = h.person_id
        LEFT JOIN (SELECT p.account, bool_or(p.email IS NOT NULL AND (p.is_student OR p.is_teacher OR p.is_guardian)
                                             OR p.is_guardian AND (p.sms IS NOT NULL OR v.phone_is_credential AND p.phone IS NOT NULL)) AS is_given
                   FROM sync.after_person p WHERE p.slot = p_slot AND p.live GROUP BY p.account) l ON l.account = h.person_id
        WHERE d.status = 'active' OR n.frozen OR n.id IS NOT NULL AND l.account IS NULL OR (h.manual OR h.vouched) AND l.is_given IS NOT TRUE
    ), stated AS MATERIALIZED (
        SELECT s.value, p.account, sync.fold_name(p.given_name) || U&'\001E' || sync.fold_name(p.family_name) AS name
        FROM sync.after_person p
        CROSS JOIN LATERAL unnest(ARRAY[p.email, p.sms, CASE WHEN v.phone_is_credential THEN p.phone END]) AS c (value)
        JOIN asked s ON s.value = c.value
        WHERE p.slot = p_slot AND p.live AND p.is_guardian
    ), given AS MATERIALIZED (
        SELECT s.value, d.person_id, s.name
        FROM stated s
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = s.account AND d.person_id = ANY (ARRAY(SELECT x.account FROM stated x))
        WHERE d.status <> 'active' OR v.update_active_users
    ), guardian AS (
        SELECT r.guardian_id FROM directory.relationship r
        WHERE r.district_id = (SELECT v.district_id) AND r.guardian_id IN (SELECT g.person_id FROM given g) AND (v.whole OR r.guardian_id = ANY (v.accounts))
          AND r.claim_manual AND NOT r.suspended
        UNION
        SELECT o.account
        FROM sync.after_person o
        JOIN sync.after_link l ON l.slot = p_slot AND l.guardian = o.sourced_id AND l.stands
        JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student AND s.is_student AND s.account IS NOT NULL
        LEFT JOIN directory.relationship r ON r.district_id = (SELECT v.district_id) AND r.student_id = s.account AND r.guardian_id = o.account AND r.suspended
                                              AND (v.whole OR r.guardian_id = ANY (v.accounts))
        WHERE o.slot = p_slot AND o.account IN (SELECT g.person_id FROM given g) AND (s.live OR r.student_id IS NULL)
    ), keeper AS (
        SELECT h.value, h.person_id, h.name FROM holder h
        UNION
        SELECT g.value, g.person_id, g.name FROM given g JOIN guardian e ON e.guardian_id = g.person_id
    )
    SELECT array_agg(k.value), array_agg(k.person_id), array_agg(k.name) INTO v_held, v_holders, v_names FROM keeper k;
    IF v_held IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH claim AS MATERIALIZED (
        SELECT * FROM sync.record_claims(p_slot, v_held)
    ), several AS MATERIALIZED (
        SELECT c.value, c.name FROM claim c WHERE c.is_guardian AND NOT c.is_student GROUP BY c.value, c.name HAVING count(*) > 1
    )
    SELECT DISTINCT s.value, s.name
    FROM several s
    JOIN unnest(v_held, v_holders, v_names) AS h (value, person_id, name) ON h.value = s.value AND h.name <> s.name
    LEFT JOIN claim g ON g.value = s.value AND g.name = s.name AND g.is_guardian AND g.account = h.person_id
    WHERE g.account IS NULL;
END
$function$;

COMMENT ON FUNCTION sync.kept_apart(smallint, text[]) IS
    'Of the values that guardian records of one name share, those that somebody of another name holds or claims as who they are, so that the records are not one person for them (CRED-7).';
REVOKE ALL ON FUNCTION sync.kept_apart(smallint, text[]) FROM PUBLIC;
