-- Whether somebody is in the directory and why, or why not. Why not is in the words of the rules' own finding.
CREATE OR REPLACE FUNCTION sync.explain_decision(p_slot smallint, p_record sync.after_person, p_account sync.plan_account)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 50, 'decision',
           CASE WHEN NOT p_account.is_new THEN 'in the directory' WHEN n.account IS NOT NULL THEN 'added by the next run' ELSE 'not added' END,
           CASE WHEN pin.id IS NOT NULL AND NOT p_account.live THEN 'The record is gone; a pin keeps them where they were.'
                WHEN NOT p_record.live THEN 'The record is gone'
                     || CASE WHEN p_account.live THEN '; another record of the same person is there.'
                             WHEN p_record.is_student THEN ': the student stays in the directory as archived or detached (ABN-S2, ABN-E1).'
                             WHEN p_record.is_teacher THEN ': the teacher loses the school and its active classrooms, and keeps the account (ABN-2).'
                             ELSE ': the guardian keeps the account (ABN-S4).' END
                WHEN p_record.is_student OR p_record.is_teacher THEN 'Students and teachers are brought in with their record, with or without an e-mail (IN-2, IN-3).'
                WHEN p_record.is_guardian AND NOT p_account.eligible AND pin.id IS NOT NULL THEN 'A pin keeps them.'
                WHEN p_record.is_guardian AND NOT p_account.eligible THEN 'A guardian is brought in with a student of theirs; none is in the directory (IN-4).'
                WHEN coalesce(g.added, false) AND pin.id IS NOT NULL THEN 'A pin keeps them.'
                WHEN coalesce(g.added, false) AND p_account.is_active THEN 'The account is active, so the credentials are the person''s own (UPD-4).'
                WHEN coalesce(g.added, false) AND p_account.tied THEN 'Somebody made them guardian of a student by hand (GRD-3).'
                WHEN coalesce(g.added, false) THEN 'They have a credential that is theirs alone (CRED-1).'
                WHEN p_record.is_guardian AND f.message IS NOT NULL AND NOT p_account.is_new
                     THEN 'They were in the directory and are withdrawn until they have a credential of their own again (CRED-8). ' || f.message
                WHEN p_record.is_guardian THEN coalesce(f.message || ' (CRED-1)', 'They have no credential that is theirs alone (CRED-1).')
                ELSE 'The role is not brought in (IN-7).' END
    FROM (SELECT 1) AS one
    LEFT JOIN sync.plan_guardian g ON g.slot = p_slot AND g.account = p_account.account
    LEFT JOIN sync.plan_person n ON n.slot = p_slot AND n.op = 'add' AND n.account = p_account.account
    LEFT JOIN sync.plan_pin pin ON pin.slot = p_slot AND pin.op = 'keep' AND pin.kind = 'person' AND pin.id = p_account.account
    LEFT JOIN LATERAL (SELECT x.message FROM sync.plan_finding x
                       WHERE x.slot = p_slot AND x.sourced_id = p_record.sourced_id AND x.code LIKE 'guardian.%' LIMIT 1) f ON true;
END
$function$;

COMMENT ON FUNCTION sync.explain_decision(smallint, sync.after_person, sync.plan_account) IS 'Added because, or not added because (CRED-1, CRED-8, IN-4).';
REVOKE ALL ON FUNCTION sync.explain_decision(smallint, sync.after_person, sync.plan_account) FROM PUBLIC;
