-- A guardian is lost with the last student who connected them, whatever took that student or the
-- relationship away. Those whose students all went by an announced date are not counted. Without a claim a
-- pair stays only where it is suspended.
CREATE OR REPLACE FUNCTION sync.guard_guardians(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active)
    SELECT DISTINCT p_slot, 'loss', 'guardianships', hashtextextended('guardianships ' || g.student || ' ' || g.guardian, 0), g.school_id,
           g.student, g.guardian, a.is_active
    FROM sync.plan_relationship p
    JOIN sync.live_guardianship g ON g.district_id = (SELECT v.district_id) AND g.student = p.student AND g.guardian = p.guardian
                                 AND (v.whole OR g.guardian = ANY (v.judged_accounts))
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.guardian
    WHERE p.slot = p_slot AND (p.op = 'remove' OR p.suspended);

    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
    WITH candidate AS MATERIALIZED (
        SELECT i.other AS account FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind = 'guardianships'
        UNION
        SELECT r.guardian_id FROM directory.relationship r
        JOIN sync.plan_item i ON i.slot = p_slot AND i.what = 'loss' AND i.kind = 'students' AND i.one = r.student_id
        WHERE r.district_id = (SELECT v.district_id) AND (v.whole OR r.guardian_id = ANY (v.judged_accounts))
    ), still AS MATERIALIZED (
        SELECT DISTINCT p.guardian FROM sync.plan_relationship p
        JOIN sync.plan_role s ON s.slot = p_slot AND s.account = p.student AND s.role = 'student' AND s.op <> 'remove' AND s.state = 'active'
        WHERE p.slot = p_slot AND p.op <> 'remove' AND NOT p.suspended
    )
    SELECT DISTINCT p_slot, 'loss', 'guardians', hashtextextended('guardians ' || g.guardian, 0), g.school_id, g.guardian, a.is_active
    FROM candidate c
    JOIN sync.live_guardianship g ON g.district_id = (SELECT v.district_id) AND g.guardian = c.account
                                 AND (v.whole OR g.guardian = ANY (v.judged_accounts))
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = c.account
    WHERE NOT EXISTS (SELECT FROM still s WHERE s.guardian = c.account)
      AND NOT EXISTS (SELECT FROM sync.plan_item d WHERE d.slot = p_slot AND d.what = 'dated' AND d.kind = 'students' AND d.one = g.student);
END
$function$;

COMMENT ON FUNCTION sync.guard_guardians(smallint) IS 'Relationships a plan ends, and guardians it leaves without a connected student (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_guardians(smallint) FROM PUBLIC;
