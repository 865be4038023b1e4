-- Not counted: classes whose sessions have all ended, and what ends today by the dates of an earlier file, unless
-- an undo had put it back.
CREATE OR REPLACE FUNCTION sync.guard_classrooms(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
    SELECT p_slot, CASE WHEN p.archived_by = 'ended' AND NOT EXISTS (
                                 SELECT FROM sis.enrollment e
                                 WHERE e.district_id = (SELECT v.district_id) AND e.class = c.sourced_id AND e.role = 'student'
                                   AND sync.counts_on(e.begin_date, e.end_date, v.today))
                             AND NOT EXISTS (SELECT FROM sync.plan_pin n
                                             WHERE n.slot = p_slot AND n.op = 'remove' AND n.kind = 'classroom' AND n.id = c.classroom_id) THEN 'dated' ELSE 'loss' END,
           'classrooms', hashtextextended('classrooms ' || c.classroom_id, 0), c.school_id, c.classroom_id, false
    FROM sync.plan_classroom p
    JOIN directory.classroom c ON c.district_id = (SELECT v.district_id) AND c.classroom_id = p.classroom_id AND (v.whole OR c.classroom_id = ANY (v.classrooms))
    WHERE p.slot = p_slot AND p.op = 'change' AND c.state = 'active' AND (p.state = 'archived' OR p.disconnects);
    PERFORM sync.guard_terms(p_slot, 'classrooms');
END
$function$;

COMMENT ON FUNCTION sync.guard_classrooms(smallint) IS 'Classrooms a plan archives or disconnects (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_classrooms(smallint) FROM PUBLIC;
