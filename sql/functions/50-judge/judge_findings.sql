-- Why somebody is not in the directory, or not with all they have. Ids may be named, values not.
CREATE OR REPLACE FUNCTION sync.judge_findings(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_contested text[];
    v_losers bigint[];
    v_concerned bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT array_agg(DISTINCT c.value), array_agg(DISTINCT c.account) INTO v_contested, v_losers
    FROM sync.plan_claim c WHERE c.slot = p_slot AND NOT c.wins;
    v_concerned := v_losers || ARRAY(SELECT g.account FROM sync.plan_guardian g WHERE g.slot = p_slot AND NOT g.added);
    INSERT INTO sync.plan_finding (slot, severity, code, file, column_name, sourced_id, message)
    WITH named AS (
        SELECT c.value, c.account, c.wins, a.sourced_id, a.live, a.live_guardian, a.live_teacher, coalesce(a.sourced_id, 'account ' || c.account) AS known_as,
               sync.fold_name(coalesce(p.given_name, d.given_name)) || U&'\001E' || sync.fold_name(coalesce(p.family_name, d.family_name)) AS name
        FROM sync.plan_claim c
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = c.account
        LEFT JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = a.sourced_id AND p.live
        LEFT JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = c.account AND (v.whole OR d.person_id = ANY (v.accounts))
        WHERE c.slot = p_slot AND c.value = ANY (v_contested)
    ), claim AS MATERIALIZED (
        -- a placeholder may be claimed by thousands: the first of them tell it
        SELECT n.*, bool_or(n.wins) OVER (PARTITION BY n.value) AS held,
               row_number() OVER (PARTITION BY n.value ORDER BY n.known_as) AS place,
               row_number() OVER (PARTITION BY n.value, n.name ORDER BY n.live, n.known_as) AS place_of_name
        FROM named n
    ), lost AS MATERIALIZED (
        SELECT m.account, bool_or(m.held) AS held,
               array_to_string((array_agg(DISTINCT o.known_as ORDER BY o.known_as))[1:5], ', ') AS others
        FROM claim m JOIN claim o ON o.value = m.value AND o.account <> m.account AND o.place <= 6
        WHERE NOT m.wins GROUP BY m.account
    ), namesake AS (
        SELECT m.account,
               min(o.known_as) FILTER (WHERE o.live_guardian AND m.live_guardian) AS guardian,
               min(o.known_as) FILTER (WHERE o.live_teacher AND NOT m.live_teacher) AS teacher,
               min(o.account) FILTER (WHERE NOT o.live) AS stranger
        FROM claim m JOIN claim o ON o.value = m.value AND o.name = m.name AND o.account <> m.account AND o.place_of_name <= 2
        WHERE NOT m.wins GROUP BY m.account
    ), told AS MATERIALIZED (
        SELECT g.account, g.added, l.account IS NOT NULL AS has_lost, l.held, l.others
        FROM sync.plan_guardian g LEFT JOIN lost l ON l.account = g.account
        WHERE g.slot = p_slot AND (NOT g.added OR l.account IS NOT NULL)
    ), hint AS MATERIALIZED (
        SELECT n.account,
               CASE WHEN n.stranger IS NOT NULL
                    THEN format(' Account %s has the same name. If it is the same person, link them: SELECT rosterd.link_person(%s, %s, SOURCED_ID, REASON);',
                                n.stranger, v.district_id, n.stranger)
                    -- by id: the account may be as new as this run
                    WHEN n.teacher IS NOT NULL
                    THEN format(' %s has the same name. If it is the same person, link them: SELECT rosterd.link_person(%s, PERSON, SOURCED_ID, REASON); rosterd.explain_person tells the PERSON of an id.',
                                n.teacher, v.district_id)
                    WHEN n.guardian IS NOT NULL AND NOT v.merge_duplicate_guardians
                    THEN format(' %s has the same name. If such guardians are one person, the setting merge_duplicate_guardians of the district makes them one.', n.guardian)
                    ELSE '' END AS text
        FROM namesake n
    )
    SELECT p_slot, 'warning',
           CASE WHEN g.added THEN 'guardian.contested' WHEN g.held THEN 'guardian.held' WHEN g.has_lost THEN 'guardian.shared'
                WHEN p.invalid IS NOT NULL THEN 'guardian.invalid' ELSE 'guardian.none' END,
           'users.csv', NULL, p.sourced_id,
           CASE WHEN g.added THEN 'The guardian is in the directory, but another e-mail or number of theirs is also claimed by: ' || g.others || '. Give each guardian their own in the SIS.'
                WHEN g.held THEN 'The guardian was not added: their e-mail or number belongs to: ' || g.others || '. Give the guardian one of their own in the SIS.'
                WHEN g.has_lost THEN 'The guardian was not added: their e-mail or number is also claimed by: ' || g.others || '. Give each guardian one of their own in the SIS.'
                WHEN p.invalid IS NOT NULL THEN 'The guardian was not added: no e-mail or number of theirs is valid. Correct it in the SIS.'
                ELSE 'The guardian was not added: the SIS has neither an e-mail nor a number for them. Enter one in the SIS.' END || coalesce(h.text, '')
    FROM told g
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = g.account AND a.eligible AND a.account = ANY (v_concerned)
    JOIN sync.after_person p ON p.slot = p_slot AND p.account = g.account AND p.live AND p.is_guardian AND p.account = ANY (v_concerned)
    LEFT JOIN hint h ON h.account = g.account
    UNION ALL
    SELECT p_slot, 'warning', CASE WHEN l.account IS NULL THEN 'teacher.no_email' ELSE 'teacher.email_taken' END, 'users.csv', 'email', p.sourced_id,
           CASE WHEN l.account IS NULL THEN 'The teacher is in the directory, but cannot be invited without a valid e-mail. Enter one in the SIS.'
                WHEN a.managed THEN 'The teacher''s e-mail was not changed to that of the SIS, which is also claimed by: ' || l.others || '. Correct it in the SIS.'
                ELSE 'The teacher is in the directory, but cannot be invited: the e-mail is also claimed by: ' || l.others || '. Correct it in the SIS.' END || coalesce(h.text, '')
    FROM sync.plan_account a
    JOIN sync.after_person p ON p.slot = p_slot AND p.account = a.account AND p.live AND p.is_teacher
                            AND (p.email IS NULL OR p.account = ANY (v_losers))
    LEFT JOIN lost l ON l.account = a.account
    LEFT JOIN hint h ON h.account = a.account
    WHERE a.slot = p_slot AND a.judged AND (l.account IS NOT NULL AND (a.managed OR NOT a.is_active) OR p.email IS NULL AND NOT a.is_active)
    UNION ALL
    SELECT p_slot, 'info', 'pin.keeps', 'users.csv', NULL, a.sourced_id,
           'The file does not have this person any more; a pin keeps them where they were. Look whether it is still needed: TABLE rosterd.pins;'
    FROM sync.plan_pin n
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = n.id AND a.judged AND a.recorded AND NOT a.live
    WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person'
    UNION ALL
    SELECT p_slot, 'warning', 'pin.keeps', 'users.csv', 'agentSourcedIds', a.sourced_id,
           format('The file does not give this guardian every student any more whom they have; a pin keeps those, though it may be about custody. If it is: SELECT rosterd.unpin(%s, ''person'', %s);',
                  v.district_id, n.id)
    FROM sync.plan_pin n
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = n.id AND a.judged AND a.live
    WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person'
      AND EXISTS (SELECT FROM sync.plan_relationship r
                  JOIN sync.plan_account s ON s.slot = p_slot AND s.account = r.student AND s.live_student
                  LEFT JOIN sync.after_link l ON l.slot = p_slot AND l.student_account = r.student AND l.guardian_account = r.guardian
                                              AND l.stands AND l.guardian_live
                  WHERE r.slot = p_slot AND r.guardian = n.id AND r.op = 'keep' AND r.claim_sis AND NOT r.suspended AND l.student IS NULL)
    UNION ALL
    SELECT p_slot, 'info', 'pin.keeps', 'classes.csv', NULL, c.sourced_id,
           'The file does not have this class any more; a pin keeps its classroom as it was. Look whether it is still needed: TABLE rosterd.pins;'
    FROM sync.plan_pin n
    JOIN sync.after_class c ON c.slot = p_slot AND c.classroom_id = n.id AND NOT c.live
    WHERE n.slot = p_slot AND n.op = 'keep' AND n.kind = 'classroom';

    INSERT INTO sync.plan_finding (slot, severity, code, file, account, message)
    SELECT DISTINCT p_slot, 'warning', 'student.manual', 'users.csv', r.person_id,
           format('Account %s is a student whom a leader made while the sync was off, and no record of the SIS is theirs by name. They stay in the directory as they are. If one is, link it: SELECT rosterd.link_person(%s, %s, SOURCED_ID, REASON);',
                  r.person_id, v.district_id, r.person_id)
    FROM directory.role r
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = r.person_id AND NOT a.recorded AND a.judged
    WHERE r.district_id = (SELECT v.district_id) AND r.role = 'student' AND r.claim_manual AND r.state = 'active';
END
$function$;

COMMENT ON FUNCTION sync.judge_findings(smallint) IS 'Findings about people: guardians who are not added or not with all they have, teachers who cannot be invited, students made by hand whom the SIS does not have, students whom a pin alone leaves to a guardian (CRED-1, CRED-5, CRED-7, CRED-9, IN-2, OFF-3, UPD-2).';
REVOKE ALL ON FUNCTION sync.judge_findings(smallint) FROM PUBLIC;
