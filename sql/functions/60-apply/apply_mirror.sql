-- The mirror becomes what the file says. A record that is gone stays, not live: the links of a family
-- that left and the name an id had are needed when somebody returns.
CREATE OR REPLACE FUNCTION sync.apply_mirror(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_ids text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;

    UPDATE sis.org m
    SET live = d.op <> 'gone', name = coalesce(d.name, m.name), type = coalesce(d.type, m.type),
        identifier = CASE d.op WHEN 'gone' THEN m.identifier ELSE d.identifier END,
        parent = CASE d.op WHEN 'gone' THEN m.parent ELSE d.parent END, line = coalesce(d.line, m.line), changed_by_run = v.run_id
    FROM sync.delta_org d
    WHERE d.slot = p_slot AND d.op <> 'new' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id;
    INSERT INTO sis.org (district_id, sourced_id, name, type, identifier, parent, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.name, d.type, d.identifier, d.parent, d.line, v.run_id
    FROM sync.delta_org d WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;
    UPDATE sis.org m SET school_id = o.school_id
    FROM sync.after_org o
    WHERE o.slot = p_slot AND o.is_new AND o.school_id IS NOT NULL AND m.district_id = (SELECT v.district_id) AND m.sourced_id = o.sourced_id;

    UPDATE sis.session m
    SET live = d.op <> 'gone', title = coalesce(d.title, m.title), type = coalesce(d.type, m.type),
        start_date = CASE d.op WHEN 'gone' THEN m.start_date ELSE d.start_date END,
        end_date = CASE d.op WHEN 'gone' THEN m.end_date ELSE d.end_date END,
        parent = CASE d.op WHEN 'gone' THEN m.parent ELSE d.parent END,
        school_year = CASE d.op WHEN 'gone' THEN m.school_year ELSE d.school_year END,
        line = coalesce(d.line, m.line), changed_by_run = v.run_id
    FROM sync.delta_session d
    WHERE d.slot = p_slot AND d.op <> 'new' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id;
    INSERT INTO sis.session (district_id, sourced_id, title, type, start_date, end_date, parent, school_year, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.title, d.type, d.start_date, d.end_date, d.parent, d.school_year, d.line, v.run_id
    FROM sync.delta_session d WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;

    UPDATE sis.class m
    SET live = d.op <> 'gone', title = coalesce(d.title, m.title),
        class_code = CASE d.op WHEN 'gone' THEN m.class_code ELSE d.class_code END,
        class_type = CASE d.op WHEN 'gone' THEN m.class_type ELSE d.class_type END,
        course = CASE d.op WHEN 'gone' THEN m.course ELSE d.course END, school = coalesce(d.school, m.school),
        terms = CASE d.op WHEN 'gone' THEN m.terms ELSE d.terms END, line = coalesce(d.line, m.line), changed_by_run = v.run_id
    FROM sync.delta_class d
    WHERE d.slot = p_slot AND d.op <> 'new' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id;
    INSERT INTO sis.class (district_id, sourced_id, title, class_code, class_type, course, school, terms, classroom_id, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.title, d.class_code, d.class_type, d.course, d.school, d.terms, c.classroom_id, d.line, v.run_id
    FROM sync.delta_class d JOIN sync.after_class c ON c.slot = p_slot AND c.sourced_id = d.sourced_id
    WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;

    PERFORM sync.apply_mirror_roles(p_slot);
    PERFORM sync.apply_mirror_people(p_slot);

    v_ids := CASE WHEN NOT v.whole THEN ARRAY(SELECT d.guardian FROM sync.delta_link d WHERE d.slot = p_slot) END;
    UPDATE sis.link m
    SET by_student = d.by_student, by_guardian = d.by_guardian, both_needed = d.both_needed, changed_by_run = v.run_id
    FROM sync.delta_link d
    WHERE d.slot = p_slot AND d.op = 'changed' AND m.district_id = (SELECT v.district_id) AND m.student = d.student AND m.guardian = d.guardian
      AND (v.whole OR m.guardian = ANY (v_ids));
    UPDATE sis.link m SET by_student = false, by_guardian = false, changed_by_run = v.run_id
    FROM sync.ended_by_moving(p_slot) e
    WHERE m.district_id = (SELECT v.district_id) AND m.student = e.student AND m.guardian = e.guardian AND (m.by_student OR m.by_guardian);
    INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run)
    SELECT v.district_id, d.student, d.guardian, d.by_student, d.by_guardian, d.both_needed, v.run_id
    FROM sync.delta_link d WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.student, d.guardian;

    v_ids := CASE WHEN NOT v.whole THEN ARRAY(SELECT d.sourced_id FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op <> 'new') END;
    DELETE FROM sis.enrollment m USING sync.delta_enrollment d
    WHERE d.slot = p_slot AND d.op = 'gone' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v_ids));
    UPDATE sis.enrollment m
    SET class = d.class, person = d.person, role = d.role, begin_date = d.begin_date, end_date = d.end_date, line = d.line, changed_by_run = v.run_id
    FROM sync.delta_enrollment d
    WHERE d.slot = p_slot AND d.op = 'changed' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v_ids));
    INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, begin_date, end_date, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.class, d.person, d.role, d.begin_date, d.end_date, d.line, v.run_id
    FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.apply_mirror(smallint) IS 'Writes the delta into sis (UPD-6: nothing where nothing changed).';
REVOKE ALL ON FUNCTION sync.apply_mirror(smallint) FROM PUBLIC;
