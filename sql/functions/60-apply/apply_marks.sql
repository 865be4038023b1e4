-- What makes records one person is asked before the run has given anything to anybody. What the run
-- changes of it, the next one has to see, though none of those records changed: for whom an address is
-- kept; whose account was more than the SIS's, and is not any more; and of whose account a record is, by
-- which a pair counts that had ended before its student left (sync.record_claims).
CREATE OR REPLACE FUNCTION sync.apply_marks(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_apart text[];
    v_several bigint[];
    v_moved bigint[];
    v_joined bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF v.merge_duplicate_guardians THEN
        v_apart := ARRAY(SELECT k.value FROM sync.kept_apart(p_slot, sync.shared_values(p_slot)) k);
        PERFORM api.mark_values(v.district_id, ARRAY(
            SELECT coalesce(b.value, a.value)
            FROM unnest(v.kept_apart) AS b (value) FULL JOIN unnest(v_apart) AS a (value) ON a.value = b.value
            WHERE b.value IS NULL OR a.value IS NULL));
    END IF;

    v_several := ARRAY(
        SELECT m.account
        FROM (SELECT p.account, min(p.account) OVER label <> max(p.account) OVER label AS several
              FROM sync.plan_duplicate d JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = d.sourced_id
              WHERE d.slot = p_slot WINDOW label AS (PARTITION BY d.label)) m
        WHERE m.several);
    IF v_several <> '{}' THEN
        PERFORM api.mark_people(v.district_id, ARRAY(SELECT unnest(v_several) EXCEPT SELECT sync.established(p_slot, v_several)));
    END IF;

    v_moved := ARRAY(
        SELECT unnest(ARRAY[p.was, p.account]) FROM sync.after_person p WHERE p.slot = p_slot AND p.live AND p.account <> p.was);
    v_joined := ARRAY(
        SELECT p.account FROM sync.after_person p WHERE p.slot = p_slot AND p.live AND p.was IS NULL AND p.attached IS NOT NULL);
    -- whom nobody can write to has no account
    v_moved := v_moved || ARRAY(SELECT d.person_id FROM directory.person d WHERE d.district_id = (SELECT v.district_id) AND d.person_id = ANY (v_joined));
    IF v_moved <> '{}' THEN
        PERFORM api.mark_values(v.district_id, ARRAY(
            SELECT c.value
            FROM sync.after_person p
            JOIN sync.after_link l ON l.slot = p_slot AND l.guardian = p.sourced_id AND NOT l.student_live AND l.student_account IS NOT NULL
            CROSS JOIN LATERAL unnest(ARRAY[p.email, p.sms, p.phone]) AS c (value)
            WHERE p.slot = p_slot AND p.live AND p.is_guardian AND c.value IS NOT NULL
              AND (p.was IN (SELECT unnest(v_moved)) OR p.account IN (SELECT unnest(v_moved)))));
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.apply_marks(smallint) IS
    'Has the next run look again at guardians of whom this one has changed what makes their records one person (CRED-6, CRED-7).';
REVOKE ALL ON FUNCTION sync.apply_marks(smallint) FROM PUBLIC;
