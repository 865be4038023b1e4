-- Who left and who came are taken for one another if exactly one of each has that role, name, schools
-- and family, by name. A guardian's schools are those of their family, so only the family is compared.
CREATE OR REPLACE FUNCTION sync.guard_match(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
BEGIN
    SELECT s.district_id INTO STRICT v_district FROM sync.scope s WHERE s.slot = p_slot;
    DELETE FROM sync.delta_same s WHERE s.slot = p_slot;
    INSERT INTO sync.delta_same (slot, sourced_id, old_id, account)
    WITH party AS MATERIALIZED (
        SELECT m.sourced_id, true AS left, m.person_id, m.given_name, m.family_name, m.roles
        FROM sync.delta_person d JOIN sis.person m ON m.district_id = v_district AND m.sourced_id = d.sourced_id AND m.person_id IS NOT NULL
        WHERE d.slot = p_slot AND d.op = 'gone'
        UNION ALL
        SELECT d.sourced_id, false, NULL, d.given_name, d.family_name, d.roles FROM sync.delta_person d WHERE d.slot = p_slot AND d.op = 'new'
    ), named AS MATERIALIZED (
        SELECT p.sourced_id, p.left, p.person_id, sync.fold_name(p.given_name) || ' ' || sync.fold_name(p.family_name) AS name,
               CASE WHEN sync.has_role(p.roles, 'student') OR sync.has_role(p.roles, 'teacher')
                    THEN (SELECT string_agg(pair, ',' ORDER BY pair) FROM unnest(string_to_array(p.roles, U&'\001F')) AS pair)
                    ELSE 'guardian' END AS place
        FROM party p
    ), tie AS MATERIALIZED (
        SELECT l.student AS one, l.guardian AS other, true AS left FROM sis.link l
        WHERE l.district_id = v_district AND CASE WHEN l.both_needed THEN l.by_student AND l.by_guardian ELSE l.by_student OR l.by_guardian END
        UNION ALL
        SELECT d.student, d.guardian, false FROM sync.delta_link d WHERE d.slot = p_slot AND (d.by_student OR d.by_guardian)
    ), kin AS (
        SELECT t.one AS sourced_id, t.left, t.other FROM tie t
        UNION ALL
        SELECT t.other, t.left, t.one FROM tie t
    ), known AS MATERIALIZED (
        SELECT n.sourced_id, n.name FROM named n
        UNION ALL
        SELECT m.sourced_id, sync.fold_name(m.given_name) || ' ' || sync.fold_name(m.family_name) FROM sis.person m
        WHERE m.district_id = v_district AND m.sourced_id IN (SELECT k.other FROM kin k JOIN named n ON n.sourced_id = k.sourced_id)
          AND NOT EXISTS (SELECT FROM named n WHERE n.sourced_id = m.sourced_id)
    ), family AS (
        SELECT k.sourced_id, k.left, string_agg(o.name, ',' ORDER BY o.name) AS names
        FROM kin k
        JOIN named n ON n.sourced_id = k.sourced_id AND n.left = k.left
        JOIN known o ON o.sourced_id = k.other
        GROUP BY k.sourced_id, k.left
    ), keyed AS MATERIALIZED (
        SELECT n.sourced_id, n.left, n.person_id, concat_ws(E'\n', n.place, n.name, f.names) AS key
        FROM named n LEFT JOIN family f ON f.sourced_id = n.sourced_id AND f.left = n.left
    )
    SELECT p_slot, min(k.sourced_id) FILTER (WHERE NOT k.left), min(k.sourced_id) FILTER (WHERE k.left), min(k.person_id)
    FROM keyed k
    GROUP BY k.key
    HAVING count(*) FILTER (WHERE k.left) = 1 AND count(*) FILTER (WHERE NOT k.left) = 1;

    INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
    SELECT i.slot, 'renumbered', i.kind, i.item, i.school_id, i.one, i.is_active
    FROM sync.plan_item i JOIN sync.delta_same s ON s.slot = p_slot AND s.account = i.one
    WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind IN ('students', 'guardians', 'teachers');
    PERFORM sync.guard_over(p_slot);
END
$function$;

COMMENT ON FUNCTION sync.guard_match(smallint) IS
    'Finds people who left and came again under another id, one to one by role, name, schools and family, and counts them among the losses (SAFE-5).';
REVOKE ALL ON FUNCTION sync.guard_match(smallint) FROM PUBLIC;
