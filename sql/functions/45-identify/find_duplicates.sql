-- Who is connected to whom by a credential that nobody of another name claims or holds. A student of
-- theirs is nobody else: children's records often carry a parent's address. Records that share an
-- account otherwise than by a merge belong together anyway. Labels spread from record to record until
-- they stand still, so the work grows with the records, not with their pairs.
CREATE OR REPLACE FUNCTION sync.find_duplicates(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_values text[] := '{}';
    v_apart text[];
    v_names text[];
    v_spread bigint := 1;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF v.merge_duplicate_guardians THEN
        v_values := sync.shared_values(p_slot);
        SELECT array_agg(k.value), array_agg(k.name) INTO v_apart, v_names FROM sync.kept_apart(p_slot, v_values) k;
        UPDATE sync.scope SET kept_apart = v_apart WHERE slot = p_slot;
    END IF;
    INSERT INTO sync.plan_duplicate (slot, sourced_id, common, label)
    WITH claim AS MATERIALIZED (
        SELECT * FROM sync.record_claims(p_slot, v_values)
    ), child AS (
        SELECT DISTINCT g.value, g.name, l.student
        FROM claim g JOIN sync.after_link l ON l.slot = p_slot AND l.guardian = g.sourced_id AND l.stands
        WHERE g.is_guardian
    ), several AS MATERIALIZED (
        SELECT c.value, c.name FROM claim c WHERE c.is_guardian AND NOT c.is_student GROUP BY c.value, c.name HAVING count(*) > 1
    ), claimed_by_others AS (
        SELECT DISTINCT s.value, s.name
        FROM several s
        JOIN claim c ON c.value = s.value
        LEFT JOIN child o ON o.value = s.value AND o.name = s.name AND o.student = c.sourced_id AND c.is_student
        WHERE c.name <> s.name AND o.student IS NULL
    ), held_by_others AS (
        SELECT k.value, k.name FROM unnest(v_apart, v_names) AS k (value, name)
    ), common AS (
        SELECT c.sourced_id, c.value
        FROM claim c
        JOIN several s ON s.value = c.value AND s.name = c.name
        LEFT JOIN claimed_by_others o ON o.value = s.value AND o.name = s.name
        LEFT JOIN held_by_others h ON h.value = s.value AND h.name = s.name
        WHERE c.is_guardian AND NOT c.is_student AND c.judged AND o.value IS NULL AND h.value IS NULL
    ), concerned AS (
        SELECT p.account FROM sync.after_person p
        WHERE p.slot = p_slot AND p.live AND p.judged AND (p.attached = 'merge' OR p.sourced_id IN (SELECT c.sourced_id FROM common c))
    )
    SELECT p_slot, c.sourced_id, c.value, c.sourced_id FROM common c
    UNION ALL
    SELECT p_slot, p.sourced_id, CASE WHEN p.attached = 'merge' THEN 'record ' || p.sourced_id ELSE 'account ' || p.account END, p.sourced_id
    FROM sync.after_person p
    WHERE p.slot = p_slot AND p.live AND (p.is_guardian OR p.attached = 'merge') AND p.account IN (SELECT c.account FROM concerned c);

    WHILE v_spread > 0 LOOP
        UPDATE sync.plan_duplicate d SET label = least(r.label, c.label)
        FROM (SELECT x.sourced_id, min(x.label) AS label FROM sync.plan_duplicate x WHERE x.slot = p_slot GROUP BY x.sourced_id) r,
             (SELECT x.common, min(x.label) AS label FROM sync.plan_duplicate x WHERE x.slot = p_slot GROUP BY x.common) c
        WHERE d.slot = p_slot AND r.sourced_id = d.sourced_id AND c.common = d.common AND d.label > least(r.label, c.label);
        GET DIAGNOSTICS v_spread = ROW_COUNT;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.find_duplicates(smallint) IS 'Which guardian records are of one person by the district''s setting, and which were until now (CRED-7).';
REVOKE ALL ON FUNCTION sync.find_duplicates(smallint) FROM PUBLIC;
