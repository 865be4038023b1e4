-- Both ways: a guardian's students, a student's guardians.
CREATE OR REPLACE FUNCTION sync.explain_ties(p_slot smallint, p_sourced_id text)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    RETURN QUERY
    SELECT 30, CASE WHEN l.guardian = p_sourced_id THEN 'student ' || l.student ELSE 'guardian ' || l.guardian END,
           CASE WHEN goes_on.elsewhere THEN 'student under another id'
                WHEN same.stands AND NOT now.stands THEN 'linked'
                WHEN kept.by_pin AND NOT now.stands THEN 'kept by a pin'
                WHEN NOT l.stands THEN 'ended'
                WHEN NOT coalesce(g.is_guardian, false) THEN 'not a guardian'
                WHEN s.account IS NULL THEN 'not in the directory'
                WHEN NOT g.live THEN 'guardian gone'
                WHEN NOT s.live AND r.suspended THEN 'ended'
                WHEN NOT s.live THEN 'student gone'
                WHEN coalesce(k.added, false) THEN 'linked'
                ELSE 'guardian not added' END,
           CASE WHEN goes_on.elsewhere THEN 'The student goes on under another id; what the SIS says of that one counts (UPD-2).'
                WHEN same.stands AND NOT now.stands THEN 'The SIS states it by another record of the same person.'
                WHEN kept.by_pin AND NOT now.stands THEN 'The SIS does not state it any more; a pin keeps it, though it may be about custody (UPD-2).'
                WHEN NOT l.stands THEN 'The SIS does not state it any more: it ended at once (UPD-2).'
                WHEN NOT coalesce(g.is_guardian, false) THEN 'That role does not count as a guardian here.'
                WHEN s.account IS NULL THEN 'The student has no account.'
                WHEN NOT g.live THEN 'The guardian''s record is gone'
                                     || CASE WHEN s.live THEN ': the guardian loses the student at once (UPD-2).' ELSE ', and so is the student''s: it stays as last accepted (UPD-2).' END
                WHEN NOT s.live AND r.suspended THEN 'It had ended before the student left.'
                WHEN NOT s.live THEN 'The student''s record is gone; the relationship stays as last accepted (UPD-2).'
                WHEN coalesce(k.added, false) THEN 'The SIS states it.'
                ELSE 'The SIS states it, but the guardian is not added (CRED-1).' END
    FROM sync.after_link l
    LEFT JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student
    LEFT JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian
    LEFT JOIN sync.plan_guardian k ON k.slot = p_slot AND k.account = g.account
    LEFT JOIN directory.relationship r ON r.district_id = v.district_id AND r.student_id = s.account AND r.guardian_id = g.account
    LEFT JOIN sync.plan_pin f ON f.slot = p_slot AND f.op = 'keep' AND f.kind = 'person' AND f.id = g.account
    CROSS JOIN LATERAL (SELECT l.stands AND l.guardian_live AS stands) now
    CROSS JOIN LATERAL (SELECT NOT s.live AND EXISTS (SELECT FROM sync.after_person o WHERE o.slot = p_slot AND o.account = s.account AND o.live AND o.is_student) AS elsewhere) goes_on
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM sync.after_link o
                                       WHERE o.slot = p_slot AND o.student_account = s.account AND o.guardian_account = g.account
                                         AND o.stands AND o.guardian_live) AND coalesce(k.added, false) AS stands) same
    CROSS JOIN LATERAL (SELECT f.id IS NOT NULL AND s.live AND coalesce(r.claim_sis AND NOT r.suspended, false) AS by_pin) kept
    WHERE l.slot = p_slot AND p_sourced_id IN (l.student, l.guardian)
    ORDER BY l.student, l.guardian;
END
$function$;

COMMENT ON FUNCTION sync.explain_ties(smallint, text) IS 'A record''s relationships, as the SIS states them and the rules take them (IN-5, UPD-2).';
REVOKE ALL ON FUNCTION sync.explain_ties(smallint, text) FROM PUBLIC;
