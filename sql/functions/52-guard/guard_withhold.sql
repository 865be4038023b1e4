-- Takes out of the delta what causes the losses over the limit, and what hangs on it: a person who stays
-- keeps their places and children, a classroom that stays keeps its roster, also of those who leave
-- with it. Wide: also causes further away, which cost more of the rest.
CREATE OR REPLACE FUNCTION sync.guard_withhold(p_slot smallint, p_wide boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_kept bigint[];
    v_changed bigint[];
    v_classes text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, other, is_active)
    SELECT i.slot, 'withheld', i.kind, i.item, i.school_id, i.one, i.other, i.is_active
    FROM sync.plan_item i
    LEFT JOIN sync.plan_over d ON d.slot = p_slot AND d.what = 'loss' AND d.kind = i.kind AND d.school_id = 0
    LEFT JOIN sync.plan_over s ON s.slot = p_slot AND s.what = 'loss' AND s.kind = i.kind AND s.school_id = i.school_id
    WHERE i.slot = p_slot AND i.what = 'loss' AND (d.kind IS NOT NULL OR s.kind IS NOT NULL);
    -- guardians are lost with their students
    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
    SELECT DISTINCT i.slot, 'withheld', i.kind, i.item, i.school_id, i.one, i.is_active
    FROM sync.plan_item i
    JOIN directory.guardianship r ON r.district_id = (SELECT v.district_id) AND r.student_id = i.one
    JOIN sync.plan_item g ON g.slot = p_slot AND g.what = 'withheld' AND g.kind = 'guardians' AND g.one = r.guardian_id
    WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind = 'students';

    v_kept := ARRAY(SELECT CASE WHEN i.kind IN ('guardianships', 'memberships') THEN i.other ELSE i.one END
                    FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'withheld' AND i.kind <> 'classrooms');
    v_changed := ARRAY(SELECT i.one FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'withheld' AND i.kind IN ('students', 'teachers')
                       UNION
                       SELECT unnest(CASE i.kind WHEN 'guardianships' THEN ARRAY[i.one, i.other] WHEN 'memberships' THEN ARRAY[i.other] ELSE ARRAY[i.one] END)
                       FROM sync.plan_item i WHERE p_wide AND i.slot = p_slot AND i.what = 'withheld' AND i.kind <> 'classrooms');
    v_classes := ARRAY(SELECT c.sourced_id FROM directory.classroom c
                       JOIN sync.plan_item i ON i.slot = p_slot AND i.what = 'withheld' AND i.one = c.classroom_id
                                            AND (i.kind = 'classrooms' OR p_wide AND i.kind = 'memberships')
                       WHERE c.district_id = (SELECT v.district_id) AND c.sourced_id IS NOT NULL
                       UNION
                       SELECT e.class FROM sis.enrollment e
                       JOIN sis.person m ON m.district_id = (SELECT v.district_id) AND m.sourced_id = e.person AND m.person_id = ANY (v_changed)
                       WHERE p_wide AND e.district_id = (SELECT v.district_id));
    PERFORM sync.guard_take(p_slot, 'org', ARRAY(
        SELECT s.sourced_id FROM directory.school s
        JOIN sync.plan_item i ON i.slot = p_slot AND i.what = 'withheld' AND i.school_id = s.school_id
        JOIN sync.after_org o ON o.slot = p_slot AND o.sourced_id = s.sourced_id AND NOT o.is_school
        WHERE s.district_id = (SELECT v.district_id)), true);
    PERFORM sync.guard_take(p_slot, 'class', v_classes, true);
    PERFORM sync.guard_take(p_slot, 'person', ARRAY(
        SELECT m.sourced_id FROM sis.person m WHERE m.district_id = (SELECT v.district_id) AND m.person_id = ANY (v_kept)
        UNION
        SELECT e.person FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.class = ANY (v_classes)), false);
    PERFORM sync.guard_take(p_slot, 'person', ARRAY(
        SELECT m.sourced_id FROM sis.person m WHERE m.district_id = (SELECT v.district_id) AND m.person_id = ANY (v_changed)), true);
    -- A guardian whose record goes with the student's keeps them (UPD-2), but would lose them if the student's alone
    -- stayed. Not of those who lose somebody else: that cannot wait.
    PERFORM sync.guard_take(p_slot, 'person', ARRAY(
        SELECT g.sourced_id
        FROM sync.delta_withheld w
        JOIN sis.person s ON s.district_id = (SELECT v.district_id) AND s.sourced_id = w.sourced_id
        JOIN directory.guardianship r ON r.district_id = (SELECT v.district_id) AND r.student_id = s.person_id
        JOIN sync.after_person g ON g.slot = p_slot AND g.account = r.guardian_id AND g.is_guardian AND NOT g.live
        WHERE w.slot = p_slot AND w.kind = 'person' AND w.gone
          AND NOT EXISTS (SELECT FROM sync.plan_item i
                          WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind = 'guardianships' AND i.other = r.guardian_id)), false);
    PERFORM sync.guard_take_links(p_slot);
    PERFORM sync.guard_take_enrollments(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.guard_withhold(smallint, boolean) IS 'Leaves the losses of the kinds and schools over the limit out of the delta (SAFE-3, UPD-2).';
REVOKE ALL ON FUNCTION sync.guard_withhold(smallint, boolean) FROM PUBLIC;
