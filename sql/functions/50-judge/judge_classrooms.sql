-- Before people and enrollments, so that a classroom that is archived by this run keeps the roster it
-- had before it (CLS-9). One archived by hand stays so; one that was disconnected is synced again. An
-- archived classroom is not disconnected: its frozen roster would keep sis claims that nothing backs. A
-- pinned one is neither archived nor disconnected. At a school that has left there is nothing to go on
-- with by hand, so that its classrooms are archived whatever the setting, and return with it.
CREATE OR REPLACE FUNCTION sync.judge_classrooms(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_classroom (slot, op, classroom_id, school_id, sourced_id, sis_name, synced, disconnects, state, archived_by, rule)
    SELECT p_slot, CASE WHEN w.is_new THEN 'add' WHEN w.differs THEN 'change' ELSE 'keep' END,
           w.classroom_id, w.school_id, w.sourced_id, w.sis_name, w.synced, w.disconnects, w.state, w.archived_by,
           CASE WHEN w.archived_by = 'ended' THEN 'CLS-10' WHEN w.state_differs THEN 'CLS-7' ELSE 'UPD-1' END
    FROM (SELECT x.*,
                 (r.school_id, r.sis_name, r.synced, r.state, r.archived_by)
                     IS DISTINCT FROM (x.school_id, x.sis_name, x.synced, x.state, x.archived_by) AS differs,
                 (r.synced, r.state) IS DISTINCT FROM (x.synced, x.state) AS state_differs
          FROM (
            SELECT c.classroom_id, c.sourced_id, r.classroom_id IS NULL AS is_new,
                   CASE WHEN c.stands THEN c.school_id ELSE r.school_id END AS school_id,
                   CASE WHEN c.live THEN c.title ELSE r.sis_name END AS sis_name,
                   CASE WHEN c.stands THEN true WHEN v.abandoned_classrooms = 'disconnect' AND r.state = 'active' AND n.id IS NULL AND NOT lost.school THEN false ELSE r.synced END AS synced,
                   NOT c.stands AND r.synced AND v.abandoned_classrooms = 'disconnect' AND r.state = 'active' AND n.id IS NULL AND NOT lost.school AS disconnects,
                   CASE WHEN c.stands AND (r.state IS NULL OR r.archived_by = 'school' OR v.unarchive_reappearing AND (r.archived_by = 'sis' OR r.archived_by = 'ended' AND NOT e.is_over))
                            THEN 'active'
                        WHEN n.id IS NULL AND (NOT c.stands AND (v.abandoned_classrooms = 'archive' OR lost.school) OR c.stands AND e.ends) THEN 'archived'
                        ELSE r.state END AS state,
                   CASE WHEN c.stands AND (r.archived_by = 'school' OR v.unarchive_reappearing AND (r.archived_by = 'sis' OR r.archived_by = 'ended' AND NOT e.is_over))
                            THEN NULL
                        WHEN n.id IS NULL AND NOT c.stands AND v.abandoned_classrooms = 'archive' AND r.state = 'active' THEN 'sis'
                        WHEN n.id IS NULL AND NOT c.stands AND lost.school AND r.state = 'active' THEN 'school'
                        WHEN n.id IS NULL AND c.stands AND e.ends AND r.state = 'active' THEN 'ended'
                        ELSE r.archived_by END AS archived_by
            FROM sync.after_class c
            LEFT JOIN directory.classroom r ON r.district_id = (SELECT v.district_id) AND r.classroom_id = c.classroom_id
            LEFT JOIN sync.plan_ending e ON e.slot = p_slot AND e.classroom_id = c.classroom_id
            LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'classroom' AND n.id = c.classroom_id
            LEFT JOIN sync.plan_school s ON s.slot = p_slot AND s.school_id = r.school_id
            CROSS JOIN LATERAL (SELECT coalesce(s.archived, false) AS school) lost
            WHERE c.slot = p_slot AND c.classroom_id IS NOT NULL AND (c.stands OR r.synced)
          ) x
          LEFT JOIN directory.classroom r ON r.district_id = (SELECT v.district_id) AND r.classroom_id = x.classroom_id) w;

    -- The others are touched only with their whole school (CLS-6, ABN-3).
    INSERT INTO sync.plan_classroom (slot, op, classroom_id, school_id, sourced_id, sis_name, synced, disconnects, state, archived_by, rule)
    SELECT p_slot, CASE WHEN r.state = x.state THEN 'keep' ELSE 'change' END, r.classroom_id, r.school_id, r.sourced_id, r.sis_name, r.synced, false,
           x.state, CASE WHEN r.state = x.state THEN r.archived_by WHEN x.state = 'archived' THEN 'school' END, 'ABN-3'
    FROM directory.classroom r
    JOIN sync.plan_school s ON s.slot = p_slot AND s.school_id = r.school_id
    LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'classroom' AND n.id = r.classroom_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.archived AND n.id IS NULL THEN 'archived' WHEN r.archived_by = 'school' AND NOT s.archived THEN 'active' ELSE r.state END AS state) x
    WHERE r.district_id = (SELECT v.district_id) AND (v.whole OR r.classroom_id = ANY (v.classrooms))
      AND NOT EXISTS (SELECT FROM sync.plan_classroom p WHERE p.slot = p_slot AND p.classroom_id = r.classroom_id);
END
$function$;

COMMENT ON FUNCTION sync.judge_classrooms(smallint) IS 'Classrooms come in, follow the name and school of their class, and are archived or disconnected when it leaves (IN-1, UPD-1, CLS-6, CLS-7, CLS-9, CLS-10, ABN-3).';
REVOKE ALL ON FUNCTION sync.judge_classrooms(smallint) FROM PUBLIC;
