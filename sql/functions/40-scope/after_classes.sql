-- Besides the classes that changed, those the people of the scope are in: what becomes of a
-- membership depends on its classroom. Somebody may be enrolled in a class without being in its
-- classroom; it is judged all the same, so what is known of it (a pin, its roster) has to be seen.
CREATE OR REPLACE FUNCTION sync.after_classes(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_found bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.whole THEN
        v_found := sync.classrooms_of(v.district_id, v.accounts);
        v.classrooms := ARRAY(SELECT unnest(v.classrooms) UNION SELECT unnest(v_found));
        v.classes := ARRAY(SELECT unnest(v.classes)
            UNION SELECT e.class FROM sync.after_enrollment e WHERE e.slot = p_slot
            UNION SELECT s.class FROM sync.after_seat s WHERE s.slot = p_slot
            UNION SELECT c.sourced_id FROM directory.classroom c
                  WHERE c.district_id = (SELECT v.district_id) AND c.classroom_id = ANY (v.classrooms) AND c.sourced_id IS NOT NULL);
        v.classrooms := ARRAY(SELECT unnest(v.classrooms)
            UNION SELECT c.classroom_id FROM sis.class c
                  WHERE c.district_id = (SELECT v.district_id) AND c.sourced_id = ANY (v.classes) AND c.classroom_id IS NOT NULL);
        UPDATE sync.scope SET classrooms = v.classrooms, classes = v.classes WHERE slot = p_slot;
    END IF;
    INSERT INTO sync.after_class (slot, sourced_id, title, school_id, live, stands, classroom_id)
    SELECT p_slot, c.sourced_id, c.title, o.school_id, c.live, c.live AND coalesce(o.is_school, false),
           coalesce(c.classroom_id, CASE WHEN c.live AND o.is_school THEN nextval('directory.classroom_classroom_id_seq') END)
    FROM (SELECT m.sourced_id, m.title, m.school, m.live AND d.op IS NULL AS live, m.classroom_id
          FROM sis.class m LEFT JOIN sync.delta_class d ON d.slot = p_slot AND d.sourced_id = m.sourced_id
          WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.sourced_id = ANY (v.classes)) AND (d.op IS NULL OR d.op = 'gone')
          UNION ALL
          SELECT d.sourced_id, d.title, d.school, true, m.classroom_id
          FROM sync.delta_class d
          LEFT JOIN sis.class m ON m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id AND (v.whole OR m.sourced_id = ANY (v.classes))
          WHERE d.slot = p_slot AND d.op <> 'gone') c
    LEFT JOIN sync.after_org o ON o.slot = p_slot AND o.sourced_id = c.school;
END
$function$;

COMMENT ON FUNCTION sync.after_classes(smallint) IS 'The classes of the scope as they will be: a class stands while it and its school are in the SIS (CLS-7, ABN-3).';
REVOKE ALL ON FUNCTION sync.after_classes(smallint) FROM PUBLIC;
