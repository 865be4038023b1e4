-- Which of the record's e-mail and numbers is whose: the kind and the other claimants' ids, never the value.
CREATE OR REPLACE FUNCTION sync.explain_credentials(p_slot smallint, p_sourced_id text)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT p.account, p.live, c.nth, c.kind, c.value, c.letter, position(c.letter IN coalesce(p.invalid, '')) > 0 AS is_invalid,
               a.is_active, a.eligible, p.is_student OR p.is_teacher AS is_school, p.is_guardian, f.id IS NOT NULL AS frozen
        FROM sync.after_person p
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account
        LEFT JOIN sync.plan_pin f ON f.slot = p_slot AND f.op = 'keep' AND f.kind = 'person' AND f.id = p.account AND f.frozen
        CROSS JOIN LATERAL (VALUES (1, 'email', p.email, 'e'), (2, 'sms', p.sms, 's'), (3, 'phone', p.phone, 'p')) AS c (nth, kind, value, letter)
        WHERE p.slot = p_slot AND p.sourced_id = p_sourced_id
    ), judged AS (
        SELECT g.*, c.wins, o.held, o.names
        FROM given g
        LEFT JOIN sync.plan_claim c ON c.slot = p_slot AND c.value = g.value AND c.account = g.account
        LEFT JOIN LATERAL (
            SELECT bool_or(x.wins) AS held, array_to_string((array_agg(y.name ORDER BY y.name))[1:5], ', ') AS names
            FROM sync.plan_claim x
            JOIN sync.plan_account b ON b.slot = p_slot AND b.account = x.account
            CROSS JOIN LATERAL (SELECT coalesce(b.sourced_id, 'account ' || b.account) AS name) y
            WHERE x.slot = p_slot AND x.value = g.value AND x.account <> g.account) o ON true
    )
    SELECT 40, j.kind,
           CASE WHEN j.value IS NULL THEN CASE WHEN j.is_invalid THEN 'invalid' ELSE 'none' END
                WHEN j.wins THEN 'theirs' WHEN j.wins IS NULL THEN 'not used' WHEN j.held THEN 'held' ELSE 'shared' END,
           CASE WHEN j.value IS NULL AND j.is_invalid THEN 'The SIS gives one that cannot be used (CRED-3).'
                WHEN j.value IS NULL THEN 'The SIS gives none.'
                WHEN j.wins THEN 'It is theirs alone' || coalesce('; also claimed by: ' || j.names, '') || '.'
                WHEN j.wins IS NULL AND j.is_active THEN 'The person is active: their details are their own, the SIS''s claim nothing (UPD-4).'
                WHEN j.wins IS NULL AND NOT j.live THEN 'The record is gone, so it claims nothing (CRED-4).'
                WHEN j.wins IS NULL AND j.frozen THEN 'An undo gave back what they held before; it stays until the SIS changes.'
                WHEN j.wins IS NULL AND j.is_guardian AND NOT j.eligible THEN 'Only a guardian with a student in the directory claims one (IN-4).'
                WHEN j.wins IS NULL AND NOT j.is_guardian THEN 'Of students and teachers only the e-mail counts (IN-2, IN-3).'
                WHEN j.wins IS NULL THEN 'It is the same as their SMS number, or the district''s setting phone_is_credential is off (CRED-3).'
                WHEN j.held THEN 'It belongs to: ' || j.names || ' (CRED-4).'
                ELSE 'It is also claimed by: ' || j.names || ', so nobody gets it (CRED-4).' END
    FROM judged j ORDER BY j.nth;
END
$function$;

COMMENT ON FUNCTION sync.explain_credentials(smallint, text) IS 'Which of a record''s credentials the rules give it, and who else claims them (CRED-1, CRED-3, CRED-4).';
REVOKE ALL ON FUNCTION sync.explain_credentials(smallint, text) FROM PUBLIC;
