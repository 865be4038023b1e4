-- A class at an organisation that is no live school cannot be placed. Where the school itself has
-- left, its classrooms are archived because of that (judge_classrooms), not because of this row.
CREATE OR REPLACE FUNCTION sync.delta_classes(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_staged CONSTANT text[] := CASE WHEN sync.is_shortened(p_slot, 'class') THEN ARRAY(SELECT s.sourced_id FROM stage.class s WHERE s.slot = p_slot) END;
    v_gone text[];
    v_lines bigint[];
    v_ids text[];
BEGIN
    SELECT array_agg(s.line ORDER BY s.line), array_agg(s.sourced_id ORDER BY s.line) INTO v_lines, v_ids
    FROM stage.class s
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'class' AND k.line = s.line)
      AND NOT EXISTS (SELECT FROM sync.after_org o WHERE o.slot = p_slot AND o.sourced_id = s.school AND o.is_school);
    PERFORM sync.delta_reject(p_slot, 'error', 'class.school',  'class',
        'The class names a school that orgs.csv does not have as a school. The row is not used and the class stays as it was. Export the school, or correct schoolSourcedId.',
        v_lines, v_ids);

    INSERT INTO sync.delta_class (slot, op, sourced_id, title, class_code, class_type, course, school, terms, line)
    SELECT p_slot, CASE WHEN m.sourced_id IS NULL THEN 'new' WHEN NOT m.live THEN 'back' ELSE 'changed' END,
           s.sourced_id, s.title, s.class_code, s.class_type, s.course, s.school, string_to_array(s.terms, U&'\001F'), s.line
    FROM stage.class s
    LEFT JOIN sync.classes_by_id(p_district, v_staged) m ON m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'class' AND k.line = s.line)
      AND (m.sourced_id IS NULL OR NOT m.live
           OR (m.title, m.class_code, m.class_type, m.course, m.school, m.terms)
              IS DISTINCT FROM (s.title, s.class_code, s.class_type, s.course, s.school, string_to_array(s.terms, U&'\001F')));

    INSERT INTO sync.delta_class (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.class m
    WHERE m.district_id = (SELECT p_district) AND m.live AND sync.may_remove(p_slot, 'class')
      AND NOT EXISTS (SELECT FROM stage.class s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
      AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'class' AND k.sourced_id = m.sourced_id);
    v_gone := coalesce(sync.gone_by_name(p_slot, 'class'), '{}');
    INSERT INTO sync.delta_class (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sync.classes_by_id(p_district, v_gone) m WHERE m.live;
END
$function$;

COMMENT ON FUNCTION sync.delta_classes(smallint, bigint) IS 'What the file changes among the classes; classes at no school are findings (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_classes(smallint, bigint) FROM PUBLIC;
