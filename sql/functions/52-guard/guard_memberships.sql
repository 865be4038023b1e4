-- Not counted: those of classes whose sessions have all ended; what the SIS alone gave and ends by a date of
-- an earlier file, but for whom an undo had put back; what is left behind by who goes on at another school.
-- Who was kept by a pin only, and has no enrollment in the mirror, has none that ends by a date either.
CREATE OR REPLACE FUNCTION sync.guard_memberships(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_accounts bigint[];
    v_rooms bigint[];
    v_records text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.whole THEN
        SELECT coalesce(array_agg(DISTINCT p.account), '{}'), coalesce(array_agg(DISTINCT p.classroom_id), '{}') INTO v_accounts, v_rooms
        FROM sync.plan_membership p
        WHERE p.slot = p_slot AND (p.op = 'remove' OR p.op = 'change' AND (p.detached OR NOT p.claim_sis AND p.suspended));
        v_records := sync.records_of(v.district_id, v_accounts);
    END IF;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active)
    WITH lost AS MATERIALIZED (
        SELECT p.classroom_id, p.account, p.role, c.school_id, c.sourced_id, NOT m.claim_manual AS is_of_sis
        FROM sync.plan_membership p
        JOIN directory.membership m ON m.district_id = (SELECT v.district_id) AND m.classroom_id = p.classroom_id AND m.person_id = p.account
                                   AND m.role = p.role AND (v.whole OR m.person_id = ANY (v_accounts))
        JOIN directory.classroom c ON c.district_id = (SELECT v.district_id) AND c.classroom_id = p.classroom_id AND c.state = 'active'
                                  AND (v.whole OR c.classroom_id = ANY (v_rooms))
        WHERE p.slot = p_slot AND p.op IN ('change', 'remove')
          AND NOT m.detached AND (m.claim_sis OR m.claim_manual AND NOT m.suspended)
          AND (p.op = 'remove' OR p.detached OR NOT p.claim_sis AND p.suspended)
    ), record AS MATERIALIZED (
        SELECT p.sourced_id, p.person_id FROM sis.person p
        WHERE p.district_id = (SELECT v.district_id) AND (v.whole OR p.sourced_id = ANY (v_records)) AND EXISTS (SELECT FROM lost l WHERE l.account = p.person_id)
    ), enrolled AS MATERIALIZED (
        SELECT e.class, p.person_id, e.role,
               bool_or(e.end_date < v.today) AND NOT bool_or(sync.counts_on(e.begin_date, e.end_date, v.today)) AS is_over
        FROM sis.enrollment e
        JOIN record p ON p.sourced_id = e.person
        JOIN lost l ON l.account = p.person_id AND l.sourced_id = e.class
        WHERE e.district_id = (SELECT v.district_id) AND (v.whole OR e.person = ANY (v_records))
        GROUP BY e.class, p.person_id, e.role
    ), reached AS MATERIALIZED (
        SELECT r.account, r.role, array_agg(r.school_id) AS schools FROM sync.plan_role r
        WHERE r.slot = p_slot AND r.op <> 'remove' AND r.state = 'active' AND r.role IN ('student', 'teacher')
        GROUP BY r.account, r.role
    ), gone AS MATERIALIZED (
        SELECT DISTINCT i.one AS account, rtrim(i.kind, 's') AS role FROM sync.plan_item i
        WHERE i.slot = p_slot AND i.what = 'dated' AND i.kind IN ('students', 'teachers')
    )
    SELECT p_slot, CASE WHEN l.school_id <> ALL (r.schools) OR l.is_of_sis AND e.is_over AND n.id IS NULL OR g.account IS NOT NULL
                        THEN 'dated' ELSE 'loss' END,
           'memberships', hashtextextended('memberships ' || l.classroom_id || ' ' || l.account || ' ' || l.role, 0), l.school_id, l.classroom_id, l.account, false
    FROM lost l
    LEFT JOIN enrolled e ON e.class = l.sourced_id AND e.person_id = l.account AND e.role = l.role
    LEFT JOIN reached r ON r.account = l.account AND r.role = l.role
    LEFT JOIN gone g ON g.account = l.account AND g.role = l.role
    LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'remove' AND n.kind = 'person' AND n.id = l.account;
    PERFORM sync.guard_terms(p_slot, 'memberships');
END
$function$;

COMMENT ON FUNCTION sync.guard_memberships(smallint) IS 'Memberships a plan takes away (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_memberships(smallint) FROM PUBLIC;
