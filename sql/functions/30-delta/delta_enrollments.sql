CREATE OR REPLACE FUNCTION sync.delta_enrollments(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_shortened CONSTANT boolean := sync.is_shortened(p_slot, 'enrollment');
    v_staged CONSTANT text[] := CASE WHEN v_shortened THEN ARRAY(SELECT s.sourced_id FROM stage.enrollment s WHERE s.slot = p_slot) END;
    v_classes CONSTANT text[] := CASE WHEN v_shortened THEN ARRAY(SELECT DISTINCT s.class FROM stage.enrollment s WHERE s.slot = p_slot) END;
    v_people CONSTANT text[] := CASE WHEN v_shortened THEN ARRAY(SELECT DISTINCT s.person FROM stage.enrollment s WHERE s.slot = p_slot) END;
    v_gone text[];
    v_lines bigint[];
    v_ids text[];
    v_person_lines bigint[];
    v_person_ids text[];
BEGIN
    -- Those that name nobody, or no class, are taken out again below. DISTINCT tells the planner that these
    -- are keys, so that they are hashed and not the enrollments.
    INSERT INTO sync.delta_enrollment (slot, op, sourced_id, class, person, role, begin_date, end_date, line)
    WITH class AS (
        SELECT c.sourced_id FROM sync.delta_class c WHERE c.slot = p_slot AND c.op <> 'gone'
        UNION ALL
        SELECT m.sourced_id FROM sync.classes_by_id(p_district, v_classes) m WHERE m.live
           AND NOT EXISTS (SELECT FROM sync.delta_class c WHERE c.slot = p_slot AND c.sourced_id = m.sourced_id AND c.op = 'gone')
    ), person AS (
        SELECT p.sourced_id FROM sync.delta_person p WHERE p.slot = p_slot AND p.op <> 'gone'
        UNION ALL
        SELECT m.sourced_id FROM sync.people_by_id(p_district, v_people) m WHERE m.live
           AND NOT EXISTS (SELECT FROM sync.delta_person p WHERE p.slot = p_slot AND p.sourced_id = m.sourced_id)
    )
    SELECT p_slot, CASE WHEN c.sourced_id IS NULL THEN 'no class' WHEN p.sourced_id IS NULL THEN 'nobody' WHEN m.sourced_id IS NULL THEN 'new' ELSE 'changed' END,
           s.sourced_id, s.class, s.person, s.role, s.begin_date::date, s.end_date::date, s.line
    FROM stage.enrollment s
    LEFT JOIN sync.enrollments_by_id(p_district, v_staged) m ON m.sourced_id = s.sourced_id
    LEFT JOIN (SELECT DISTINCT x.sourced_id FROM class x) c ON c.sourced_id = s.class
    LEFT JOIN (SELECT DISTINCT x.sourced_id FROM person x) p ON p.sourced_id = s.person
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'enrollment' AND k.line = s.line)
      AND (c.sourced_id IS NULL OR p.sourced_id IS NULL OR m.sourced_id IS NULL
           OR (m.class, m.person, m.role, m.begin_date, m.end_date)
              IS DISTINCT FROM (s.class, s.person, s.role, s.begin_date::date, s.end_date::date));

    WITH useless AS (
        DELETE FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op IN ('no class', 'nobody')
        RETURNING d.line, d.sourced_id, d.op = 'no class' AS no_class
    )
    SELECT array_agg(u.line ORDER BY u.line) FILTER (WHERE u.no_class), array_agg(u.sourced_id ORDER BY u.line) FILTER (WHERE u.no_class),
           array_agg(u.line ORDER BY u.line) FILTER (WHERE NOT u.no_class), array_agg(u.sourced_id ORDER BY u.line) FILTER (WHERE NOT u.no_class)
    INTO v_lines, v_ids, v_person_lines, v_person_ids
    FROM useless u;

    PERFORM sync.delta_finding(p_slot, 'warning', 'enrollment.class', 'enrollment',
        'The enrollment names a class that cannot be used or is not in classes.csv; it is left out. Export the class, or take the enrollment out.',
        v_lines, v_ids);
    PERFORM sync.delta_finding(p_slot, 'warning', 'enrollment.person', 'enrollment',
        'The enrollment names somebody who is not in users.csv; it is left out. Export the person, or take the enrollment out.',
        v_person_lines, v_person_ids);

    INSERT INTO sync.delta_enrollment (slot, op, sourced_id, person)
    SELECT p_slot, 'gone', m.sourced_id, m.person
    FROM sis.enrollment m
    WHERE m.district_id = (SELECT p_district) AND sync.may_remove(p_slot, 'enrollment')
      AND NOT EXISTS (SELECT FROM stage.enrollment s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
      AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'enrollment' AND k.sourced_id = m.sourced_id);
    v_gone := coalesce(sync.gone_by_name(p_slot, 'enrollment'), '{}');
    INSERT INTO sync.delta_enrollment (slot, op, sourced_id, person)
    SELECT p_slot, 'gone', m.sourced_id, m.person
    FROM sync.enrollments_by_id(p_district, v_gone) m;
END
$function$;

COMMENT ON FUNCTION sync.delta_enrollments(smallint, bigint) IS
    'What the file changes among the enrollments; those of unknown classes or people are findings (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_enrollments(smallint, bigint) FROM PUBLIC;
