-- Of two complete files the worker has put the roles into the people's rows. Otherwise they are here:
-- the mirror's, with what the file changes laid over them, for people whose row has none and for
-- people who are not in users.csv but in roles.csv. A person without any role is no person that can
-- be used, and stays as they were.
CREATE OR REPLACE FUNCTION sync.delta_person_roles(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_lines bigint[];
    v_ids text[];
    us CONSTANT text := U&'\001F';
BEGIN
    IF (SELECT bool_and((s.files -> f ->> 'present')::boolean AND s.files -> f ->> 'mode' = 'bulk')
        FROM stage.slot s CROSS JOIN unnest(ARRAY['users.csv', 'roles.csv']) f WHERE s.slot = p_slot) THEN
        RETURN;
    END IF;
    WITH affected AS MATERIALIZED (
        SELECT d.person FROM sync.delta_role d WHERE d.slot = p_slot
        UNION SELECT s.sourced_id FROM stage.person s WHERE s.slot = p_slot AND s.roles IS NULL
    ), pairs AS MATERIALIZED (
        SELECT m.person, m.role, m.org
        FROM sis.role m JOIN affected a ON a.person = m.person
        WHERE m.district_id = (SELECT p_district)
          AND NOT EXISTS (SELECT FROM sync.delta_role d WHERE d.slot = p_slot AND d.op = 'gone' AND d.person = m.person AND d.role = m.role
                            AND d.org = m.org AND d.sourced_id = m.sourced_id)
        UNION SELECT d.person, d.role, d.org FROM sync.delta_role d WHERE d.slot = p_slot AND d.op = 'new'
    ), joined AS (
        SELECT p.person, array_agg(p.role || U&'\001E' || p.org ORDER BY p.role || U&'\001E' || p.org COLLATE "C") AS roles FROM pairs p GROUP BY p.person
    )
    -- the same roles in another order are the same
    INSERT INTO sync.delta_person_role (slot, sourced_id, roles)
    SELECT p_slot, j.person,
           CASE WHEN ARRAY(SELECT r FROM unnest(string_to_array(m.roles, us)) r ORDER BY r COLLATE "C") = j.roles THEN m.roles
                ELSE array_to_string(j.roles, us) END
    FROM joined j LEFT JOIN sis.person m ON m.district_id = (SELECT p_district) AND m.sourced_id = j.person;

    SELECT array_agg(s.line ORDER BY s.line), array_agg(s.sourced_id ORDER BY s.line) INTO v_lines, v_ids
    FROM sync.staged_person s
    WHERE s.slot = p_slot AND s.roles IS NULL
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'person' AND k.line = s.line);
    PERFORM sync.delta_reject(p_slot, 'error', 'role.none', 'person',
        'The person has no role, neither in this roles.csv nor in an earlier one. The row is not used and the record stays as it was. Export their role and school in roles.csv.',
        v_lines, v_ids);

    SELECT array_agg(s.line ORDER BY s.line), array_agg(s.person ORDER BY s.line) INTO v_lines, v_ids
    FROM stage.role s
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM stage.person p WHERE p.slot = p_slot AND p.sourced_id = s.person)
      AND NOT EXISTS (SELECT FROM stage.bad b WHERE b.slot = p_slot AND b.kind = 'person' AND b.sourced_id = s.person)
      AND NOT EXISTS (SELECT FROM sis.person m WHERE m.district_id = (SELECT p_district) AND m.sourced_id = s.person);
    PERFORM sync.delta_finding(p_slot, 'warning', 'role.person', 'role',
        'The role is of somebody who was never in users.csv; it counts once they are. Export the person, or take the role out.', v_lines, v_ids);

    PERFORM sync.delta_roles_alone(p_slot, p_district);
END
$function$;

COMMENT ON FUNCTION sync.delta_person_roles(smallint, bigint) IS
    'The roles of people where the file alone does not say them (IN-7, SAFE-1): fills delta_person_role.';
REVOKE ALL ON FUNCTION sync.delta_person_roles(smallint, bigint) FROM PUBLIC;
