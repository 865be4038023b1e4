-- A class may end for all its students on one day. Whether anybody's enrollment still counts has to be
-- asked of the whole class, whoever else is in the scope. Students that the file took out do not
-- keep a classroom from being empty; only those whose dates have passed archive it.
CREATE OR REPLACE FUNCTION sync.judge_endings(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_classes text[];
    v_pinned bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_classes := ARRAY(
        SELECT m.class FROM sis.enrollment m
        WHERE m.district_id = (SELECT v.district_id) AND m.end_date < v.today AND (v.whole OR m.person = ANY (v.people))
        UNION
        SELECT d.class FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.end_date < v.today
        UNION
        SELECT c.sourced_id FROM directory.classroom c
        WHERE c.district_id = (SELECT v.district_id) AND c.archived_by = 'ended' AND (v.whole OR c.classroom_id = ANY (v.classrooms)));
    IF cardinality(v_classes) = 0 THEN
        RETURN;
    END IF;
    v_pinned := ARRAY(
        SELECT p.id FROM sync.pin p
        WHERE p.district_id = (SELECT v.district_id) AND p.kind = 'person'
          AND NOT EXISTS (SELECT FROM sync.plan_pin n WHERE n.slot = p_slot AND n.op = 'remove' AND n.kind = 'person' AND n.id = p.id));

    INSERT INTO sync.plan_ending (slot, classroom_id, is_over, ends)
    SELECT p_slot, c.classroom_id, NOT bool_or(coalesce(e.counts, false)),
           NOT bool_or(coalesce(e.counts, false)) AND bool_or(m.person_id IS NOT NULL)
               -- a student put in by hand or pinned stays, so the classroom is not left empty
               AND NOT EXISTS (SELECT FROM directory.membership h
                               WHERE h.district_id = (SELECT v.district_id) AND h.classroom_id = c.classroom_id AND h.role = 'student'
                                 AND (h.claim_manual AND NOT h.suspended OR h.claim_sis AND h.person_id = ANY (v_pinned)))
    FROM sync.after_class c
    LEFT JOIN (
        SELECT x.class, x.person, (x.begin_date IS NULL OR x.begin_date - 30 <= v.today) AND (x.end_date IS NULL OR v.today <= x.end_date) AS counts,
               x.end_date < v.today AS has_ended
        FROM (SELECT m.class, m.person, m.role, m.begin_date, m.end_date FROM sis.enrollment m
              WHERE m.district_id = (SELECT v.district_id) AND m.class = ANY (v_classes)
                AND NOT EXISTS (SELECT FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.sourced_id = m.sourced_id)
              UNION ALL
              SELECT d.class, d.person, d.role, d.begin_date, d.end_date FROM sync.delta_enrollment d
              WHERE d.slot = p_slot AND d.op <> 'gone') x
        WHERE x.role = 'student') e ON e.class = c.sourced_id
    LEFT JOIN sis.person p ON p.district_id = (SELECT v.district_id) AND p.sourced_id = e.person AND e.has_ended
    LEFT JOIN directory.membership m ON m.district_id = (SELECT v.district_id) AND m.classroom_id = c.classroom_id AND m.person_id = p.person_id
                                    AND m.role = 'student' AND m.claim_sis
    WHERE c.slot = p_slot AND c.sourced_id = ANY (v_classes) AND c.classroom_id IS NOT NULL
    GROUP BY c.classroom_id;
END
$function$;

COMMENT ON FUNCTION sync.judge_endings(smallint) IS 'Classrooms that a new day would leave without any student (CLS-10).';
REVOKE ALL ON FUNCTION sync.judge_endings(smallint) FROM PUBLIC;
