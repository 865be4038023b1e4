-- Why somebody is not in the directory, or not with all they have. Ids may be named, values not.
CREATE OR REPLACE FUNCTION sync.judge_findings(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_finding (slot, severity, code, file, column_name, sourced_id, message)
    WITH contested AS MATERIALIZED (
        SELECT c.value FROM sync.plan_claim c WHERE c.slot = p_slot GROUP BY c.value HAVING count(*) > 1
    ), claim AS MATERIALIZED (
        SELECT c.value, c.account, c.wins, c.is_active, a.sourced_id
        FROM sync.plan_claim c
        JOIN contested USING (value)
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = c.account
        WHERE c.slot = p_slot
    ), lost AS (
        SELECT m.account, bool_or(o.wins) AS held,
               array_to_string((array_agg(DISTINCT coalesce(o.sourced_id, 'account ' || o.account) ORDER BY coalesce(o.sourced_id, 'account ' || o.account)))[1:5], ', ') AS others
        FROM claim m JOIN claim o ON o.value = m.value AND o.account <> m.account
        WHERE NOT m.wins GROUP BY m.account
    )
    SELECT p_slot, 'warning',
           CASE WHEN g.added THEN 'guardian.contested' WHEN l.held THEN 'guardian.held' WHEN l.account IS NOT NULL THEN 'guardian.shared'
                WHEN p.invalid IS NOT NULL THEN 'guardian.invalid' ELSE 'guardian.none' END,
           'users.csv', NULL, p.sourced_id,
           CASE WHEN g.added THEN 'The guardian is in the directory, but another e-mail or number of theirs is also claimed by: ' || l.others || '. Give each guardian their own in the SIS.'
                WHEN l.held THEN 'The guardian was not added: their e-mail or number belongs to: ' || l.others || '. Give the guardian one of their own in the SIS.'
                WHEN l.account IS NOT NULL THEN 'The guardian was not added: their e-mail or number is also claimed by: ' || l.others || '. Give each guardian one of their own in the SIS.'
                WHEN p.invalid IS NOT NULL THEN 'The guardian was not added: no e-mail or number of theirs is valid. Correct it in the SIS.'
                ELSE 'The guardian was not added: the SIS has neither an e-mail nor a number for them. Enter one in the SIS.' END
    FROM sync.plan_guardian g
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = g.account AND a.eligible
    JOIN sync.after_person p ON p.slot = p_slot AND p.account = g.account AND p.live AND p.is_guardian
    LEFT JOIN lost l ON l.account = g.account
    WHERE g.slot = p_slot AND (NOT g.added OR l.account IS NOT NULL)
    UNION ALL
    SELECT p_slot, 'warning', CASE WHEN p.email IS NULL THEN 'teacher.no_email' ELSE 'teacher.email_taken' END, 'users.csv', 'email', p.sourced_id,
           CASE WHEN p.email IS NULL THEN 'The teacher is in the directory, but cannot be invited without a valid e-mail. Enter one in the SIS.'
                ELSE 'The teacher is in the directory, but cannot be invited: the e-mail is also claimed by: ' || l.others || '. Correct it in the SIS.' END
    FROM sync.plan_account a
    JOIN sync.after_person p ON p.slot = p_slot AND p.account = a.account AND p.live AND p.is_teacher
    LEFT JOIN lost l ON l.account = a.account
    WHERE a.slot = p_slot AND a.judged AND NOT a.is_active AND (p.email IS NULL OR l.account IS NOT NULL)
    UNION ALL
    SELECT p_slot, 'info', 'pin.keeps', 'users.csv', NULL, a.sourced_id,
           'The file does not have this person any more; a pin keeps them where they were. Look whether it is still needed: TABLE rosterd.pins;'
    FROM sync.plan_pin n
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = n.id AND a.judged AND a.recorded AND NOT a.live
    WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person'
    UNION ALL
    SELECT p_slot, 'info', 'pin.keeps', 'classes.csv', NULL, c.sourced_id,
           'The file does not have this class any more; a pin keeps its classroom as it was. Look whether it is still needed: TABLE rosterd.pins;'
    FROM sync.plan_pin n
    JOIN sync.after_class c ON c.slot = p_slot AND c.classroom_id = n.id AND NOT c.live
    WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'classroom';
END
$function$;

COMMENT ON FUNCTION sync.judge_findings(smallint) IS 'Findings about people: guardians who are not added or not with all they have, teachers who cannot be invited (CRED-1, CRED-5, IN-2).';
REVOKE ALL ON FUNCTION sync.judge_findings(smallint) FROM PUBLIC;
