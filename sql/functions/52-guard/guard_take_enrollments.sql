-- Those of withheld memberships, and all of the people and classes that are kept.
CREATE OR REPLACE FUNCTION sync.guard_take_enrollments(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_ids text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_ids := ARRAY(
        WITH withheld AS MATERIALIZED (
            SELECT DISTINCT i.kind, i.one, i.other FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'withheld'
        ), kept AS MATERIALIZED (
            SELECT w.kind, w.sourced_id FROM sync.delta_withheld w WHERE w.slot = p_slot AND w.gone
        )
        SELECT d.sourced_id
        FROM sync.delta_enrollment d
        JOIN sis.enrollment e ON e.district_id = (SELECT v.district_id) AND e.sourced_id = d.sourced_id
        LEFT JOIN sis.person p ON p.district_id = (SELECT v.district_id) AND p.sourced_id = e.person
        LEFT JOIN sis.class c ON c.district_id = (SELECT v.district_id) AND c.sourced_id = e.class
        LEFT JOIN (SELECT DISTINCT w.one FROM withheld w WHERE w.kind IN ('students', 'teachers')) person ON person.one = p.person_id
        LEFT JOIN (SELECT w.one FROM withheld w WHERE w.kind = 'classrooms') room ON room.one = c.classroom_id
        LEFT JOIN (SELECT w.one, w.other FROM withheld w WHERE w.kind = 'memberships') place ON place.one = c.classroom_id AND place.other = p.person_id
        LEFT JOIN kept k ON k.kind = 'person' AND k.sourced_id = e.person
        LEFT JOIN kept l ON l.kind = 'class' AND l.sourced_id = e.class
        WHERE d.slot = p_slot
          AND (person.one IS NOT NULL OR room.one IS NOT NULL OR place.one IS NOT NULL OR k.sourced_id IS NOT NULL OR l.sourced_id IS NOT NULL));
    PERFORM sync.guard_take(p_slot, 'enrollment', v_ids, true);
END
$function$;

COMMENT ON FUNCTION sync.guard_take_enrollments(smallint) IS 'Takes the enrollments that withheld losses hang on out of the delta and keeps them aside (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_take_enrollments(smallint) FROM PUBLIC;
