-- Each row states its own pairs; roles say who is the student in one. A side's statement is replaced
-- only if its row can be read in this file (a delta has those that changed), and nothing changes for a student who is gone: their
-- links stay as last accepted. With an unreadable id among the people nobody knows whose row is
-- missing, so a pair then ends only if both rows can be read. A guardian whose row says something else
-- of a student who is gone than was accepted last is unsettled: it counts when the student is back.
CREATE OR REPLACE FUNCTION sync.delta_links(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_all_readable CONSTANT boolean := sync.is_readable(p_slot, 'person');
    v_shortened CONSTANT boolean := sync.is_shortened(p_slot, 'person');
    -- Pairs of whom neither row is in a shortened slot are as they were.
    v_staged CONSTANT text[] := CASE WHEN v_shortened THEN ARRAY(SELECT s.sourced_id FROM stage.person s WHERE s.slot = p_slot) END;
    v_people CONSTANT text[] := CASE WHEN v_shortened THEN ARRAY(
        SELECT unnest(v_staged)
        UNION SELECT l.agent FROM stage.link l WHERE l.slot = p_slot
        UNION SELECT m.student FROM sync.links_by_guardian(p_district, v_staged) m) END;
    v_apart text[];
    v_unknown bigint[];
    v_unknown_ids text[];
    v_no_pair bigint[];
    v_no_pair_ids text[];
BEGIN
    WITH person AS (
        SELECT s.sourced_id, s.line, true AS live, s.roles FROM sync.staged_person s
        WHERE s.slot = p_slot
          AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'person' AND k.line = s.line)
        UNION ALL
        SELECT m.sourced_id, NULL, m.live AND d.op IS DISTINCT FROM 'gone', coalesce(d.roles, m.roles)
        FROM sync.people_by_id(p_district, v_people) m LEFT JOIN sync.delta_person d ON d.slot = p_slot AND d.sourced_id = m.sourced_id
        WHERE (NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
               OR EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'person' AND k.sourced_id = m.sourced_id))
    ), known AS MATERIALIZED (
        SELECT p.sourced_id, p.line, p.live, sync.has_role(p.roles, 'student') AS is_student,
               sync.has_role(p.roles, 'guardian') OR sync.has_role(p.roles, 'parent') OR sync.has_role(p.roles, 'relative') AS is_guardian
        FROM person p
    ), directed AS MATERIALIZED (
        SELECT l.line, l.sourced_id, l.agent, other.line AS agent_line, other.live AS agent_live, me.is_student, other.sourced_id IS NULL AS unknown,
               me.is_student AND other.is_guardian OR me.is_guardian AND other.is_student AS is_pair
        FROM stage.link l
        JOIN known me ON me.sourced_id = l.sourced_id AND me.line = l.line
        LEFT JOIN known other ON other.sourced_id = l.agent
        WHERE l.slot = p_slot
    ), stated AS MATERIALIZED (
        SELECT CASE WHEN d.is_student THEN d.sourced_id ELSE d.agent END AS student,
               CASE WHEN d.is_student THEN d.agent ELSE d.sourced_id END AS guardian,
               bool_or(d.is_student OR d.agent_live) AS student_live, min(CASE WHEN d.is_student THEN d.line ELSE d.agent_line END) AS student_line,
               min(CASE WHEN d.is_student THEN d.agent_line ELSE d.line END) AS guardian_line,
               bool_or(d.is_student) AS by_student, bool_or(NOT d.is_student) AS by_guardian
        FROM directed d WHERE d.is_pair GROUP BY 1, 2
    ), merged AS MATERIALIZED (
        SELECT coalesce(n.student, m.student) AS student, coalesce(n.guardian, m.guardian) AS guardian, coalesce(n.student_live, m.student_live) AS live,
               row.guardian IS NOT NULL AND coalesce(n.by_guardian, false) <> coalesce(m.by_guardian, false) AS guardian_differs,
               m.student IS NULL AS is_new, m.by_student AS old_student, m.by_guardian AS old_guardian, coalesce(m.both_needed, false) AS old_both,
               CASE WHEN row.student IS NULL OR NOT v_all_readable AND row.guardian IS NULL
                    THEN coalesce(m.by_student, false) OR coalesce(n.by_student, false)
                    ELSE coalesce(n.by_student, false) END AS by_student,
               CASE WHEN row.guardian IS NULL OR NOT v_all_readable AND row.student IS NULL
                    THEN coalesce(m.by_guardian, false) OR coalesce(n.by_guardian, false)
                    ELSE coalesce(n.by_guardian, false) END AS by_guardian
        FROM stated n
        FULL JOIN (SELECT l.*, st.live AS student_live, st.line AS student_line, gu.line AS guardian_line
                   FROM (SELECT s.* FROM sync.links_by_student(p_district, v_staged) s
                         UNION ALL
                         SELECT g.* FROM sync.links_by_guardian(p_district, coalesce(v_staged, '{}')) g WHERE NOT g.student = ANY (v_staged)) l
                   JOIN known st ON st.sourced_id = l.student
                   LEFT JOIN known gu ON gu.sourced_id = l.guardian) m
            ON m.student = n.student AND m.guardian = n.guardian
        CROSS JOIN LATERAL (SELECT coalesce(n.student_line, m.student_line) AS student, coalesce(n.guardian_line, m.guardian_line) AS guardian) row
    ), changed AS (
        INSERT INTO sync.delta_link (slot, op, student, guardian, by_student, by_guardian, both_needed)
        SELECT p_slot, CASE WHEN x.is_new THEN 'new' ELSE 'changed' END, x.student, x.guardian, x.by_student, x.by_guardian, x.both_needed
        FROM (SELECT m.*, m.by_student AND m.by_guardian OR m.old_both AND (m.by_student OR m.by_guardian) AS both_needed FROM merged m WHERE m.live) x
        WHERE x.is_new AND (x.by_student OR x.by_guardian)
           OR NOT x.is_new AND (x.by_student, x.by_guardian, x.both_needed) IS DISTINCT FROM (x.old_student, x.old_guardian, x.old_both)
    )
    SELECT array_agg(d.line ORDER BY d.line) FILTER (WHERE d.unknown), array_agg(d.sourced_id ORDER BY d.line) FILTER (WHERE d.unknown),
           array_agg(d.line ORDER BY d.line) FILTER (WHERE NOT d.unknown), array_agg(d.sourced_id ORDER BY d.line) FILTER (WHERE NOT d.unknown),
           (SELECT array_agg(DISTINCT m.guardian) FROM merged m WHERE NOT m.live AND m.guardian_differs)
    INTO v_unknown, v_unknown_ids, v_no_pair, v_no_pair_ids, v_apart
    FROM directed d WHERE d.unknown OR NOT d.is_pair;

    PERFORM sync.delta_finding(p_slot, 'warning', 'link.person', 'person',
        'agentSourcedIds names somebody who is not in users.csv; that relationship is left out. Export the person, or take the id out.',
        v_unknown, v_unknown_ids);
    PERFORM sync.delta_finding(p_slot, 'warning', 'link.pair', 'person',
        'agentSourcedIds connects two people who are not a student and a guardian, parent or relative; that relationship is left out. Correct the roles or take the id out.',
        v_no_pair, v_no_pair_ids);
    INSERT INTO sync.delta_unsettled (slot, kind, sourced_id) SELECT p_slot, 'person', i FROM unnest(v_apart) AS i;
END
$function$;

COMMENT ON FUNCTION sync.delta_links(smallint, bigint) IS
    'What the file changes among the relationships, whichever side states them; other pairs and dangling ids are findings (IN-5, UPD-2, SAFE-1).';
REVOKE ALL ON FUNCTION sync.delta_links(smallint, bigint) FROM PUBLIC;
