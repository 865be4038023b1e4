-- A person is lost who was student or teacher somewhere and is it nowhere any more: who only changed
-- school is not. Whose last place ends by a date that an earlier file announced is noted as dated and not
-- counted; not whom an undo had put back, as that file was a bad one, nor whom a pin alone had kept.
CREATE OR REPLACE FUNCTION sync.guard_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_accounts bigint[];
    v_records text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_accounts := CASE WHEN NOT v.whole THEN ARRAY(
        SELECT DISTINCT p.account FROM sync.plan_role p WHERE p.slot = p_slot AND p.op IN ('change', 'remove') AND p.role IN ('student', 'teacher')) END;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
    SELECT p_slot, 'loss', p.role || 's', hashtextextended(p.role || 's ' || p.account, 0), p.school_id, p.account, a.is_active
    FROM sync.plan_role p
    JOIN directory.role r ON r.district_id = (SELECT v.district_id) AND r.person_id = p.account AND r.school_id = p.school_id AND r.role = p.role
                         AND (v.whole OR r.person_id = ANY (v_accounts))
    JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account
    WHERE p.slot = p_slot AND p.op IN ('change', 'remove') AND p.role IN ('student', 'teacher')
      AND r.state = 'active'
      AND NOT EXISTS (SELECT FROM sync.plan_role o
                      WHERE o.slot = p_slot AND o.account = p.account AND o.role = p.role AND o.op <> 'remove' AND o.state = 'active');
    IF NOT FOUND THEN
        RETURN;
    END IF;

    IF NOT v.whole THEN
        v_accounts := ARRAY(SELECT DISTINCT i.one FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'loss');
        v_records := sync.records_of(v.district_id, v_accounts);
    END IF;
    WITH record AS MATERIALIZED (
        SELECT m.sourced_id, m.person_id, m.roles FROM sis.person m
        WHERE m.district_id = (SELECT v.district_id) AND m.live AND (v.whole OR m.sourced_id = ANY (v_records))
          AND EXISTS (SELECT FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'loss' AND i.one = m.person_id)
    ), school AS MATERIALIZED (
        SELECT o.sourced_id FROM sis.org o WHERE o.district_id = (SELECT v.district_id) AND o.live AND lower(o.type) = 'school'
    ), place AS MATERIALIZED (
        SELECT r.person_id, e.role, e.begin_date, e.end_date
        FROM sis.enrollment e
        JOIN record r ON r.sourced_id = e.person
        JOIN sis.class c ON c.district_id = (SELECT v.district_id) AND c.sourced_id = e.class AND c.live
        JOIN school s ON s.sourced_id = c.school
        WHERE e.district_id = (SELECT v.district_id) AND (v.whole OR e.person = ANY (v_records))
    ), standing AS MATERIALIZED (
        SELECT r.person_id, split_part(pair, U&'\001E', 1) AS role
        FROM record r CROSS JOIN LATERAL unnest(string_to_array(r.roles, U&'\001F')) AS pair
        JOIN school s ON s.sourced_id = split_part(pair, U&'\001E', 2)
        UNION
        SELECT p.person_id, p.role FROM place p WHERE sync.counts_on(p.begin_date, p.end_date, v.today)
    )
    UPDATE sync.plan_item i SET what = 'dated'
    WHERE i.slot = p_slot AND i.what = 'loss'
      AND EXISTS (SELECT FROM place p WHERE p.person_id = i.one AND p.role || 's' = i.kind AND p.end_date < v.today)
      AND NOT EXISTS (SELECT FROM standing s WHERE s.person_id = i.one AND s.role || 's' = i.kind)
      AND NOT EXISTS (SELECT FROM sync.plan_pin n WHERE n.slot = p_slot AND n.op = 'remove' AND n.kind = 'person' AND n.id = i.one);
END
$function$;

COMMENT ON FUNCTION sync.guard_people(smallint) IS 'Students and teachers a plan takes out of their last school (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_people(smallint) FROM PUBLIC;
