-- Claims as the records state them, before anybody asks whose account the records are. A guardian
-- claims with a student in the directory; a pair that had ended before its student left counts for
-- nothing. Of several records of one account nobody can tell whose pair it was: each of them goes on
-- claiming, or they would be taken apart and put together again by turns.
CREATE OR REPLACE FUNCTION sync.record_claims(p_slot smallint, p_values text[])
RETURNS TABLE (value text, sourced_id text, account bigint, was bigint, name text, is_student boolean, is_guardian boolean, judged boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT a.value FROM unnest(p_values) AS a (value)
    ), claim AS MATERIALIZED (
        SELECT DISTINCT c.value, p.sourced_id, p.account, p.was, p.given_name, p.family_name, p.is_student, p.is_teacher, p.is_guardian, p.judged, c.contact
        FROM sync.after_person p
        CROSS JOIN LATERAL (VALUES (p.email, false), (p.sms, true), (CASE WHEN v.phone_is_credential THEN p.phone END, true)) AS c (value, contact)
        JOIN asked a ON a.value = c.value
        WHERE p.slot = p_slot AND p.live AND (p.is_guardian OR NOT c.contact AND (p.is_student OR p.is_teacher))
    ), several AS (
        SELECT p.was FROM sync.after_person p
        WHERE p.slot = p_slot AND p.live AND p.is_guardian AND p.was IS NOT NULL GROUP BY p.was HAVING count(*) > 1
    ), eligible AS (
        SELECT DISTINCT l.guardian
        FROM sync.after_link l
        JOIN (SELECT DISTINCT c.sourced_id, c.was FROM claim c WHERE c.is_guardian) g ON g.sourced_id = l.guardian
        JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student AND s.is_student AND s.account IS NOT NULL
        LEFT JOIN directory.relationship r ON r.district_id = (SELECT v.district_id) AND r.student_id = s.was AND r.guardian_id = g.was AND r.suspended
                                              AND (v.whole OR r.guardian_id = ANY (v.accounts))
        LEFT JOIN several o ON o.was = g.was
        WHERE l.slot = p_slot AND l.stands AND (s.live OR r.student_id IS NULL OR o.was IS NOT NULL)
    )
    SELECT c.value, c.sourced_id, c.account, c.was, sync.fold_name(c.given_name) || U&'\001E' || sync.fold_name(c.family_name),
           c.is_student, c.is_guardian AND e.guardian IS NOT NULL, c.judged
    FROM claim c LEFT JOIN eligible e ON e.guardian = c.sourced_id
    WHERE e.guardian IS NOT NULL OR NOT c.contact AND (c.is_student OR c.is_teacher);
END
$function$;

COMMENT ON FUNCTION sync.record_claims(smallint, text[]) IS 'Which live records claim these credentials, and under which name (CRED-7, CRED-9).';
REVOKE ALL ON FUNCTION sync.record_claims(smallint, text[]) FROM PUBLIC;
