-- Where users.csv is complete it says itself who is there; somebody whose own row cannot be used, or
-- who leaves in this file, is not touched by their roles either.
CREATE OR REPLACE FUNCTION sync.delta_roles_alone(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_complete CONSTANT boolean := sync.is_complete(p_slot, 'person');
    v_flipped text[];
    v_none text[];
BEGIN
    DELETE FROM sync.delta_person_role r
    WHERE r.slot = p_slot
      AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = r.sourced_id)
      AND (v_complete
           OR NOT EXISTS (SELECT FROM sis.person m WHERE m.district_id = (SELECT p_district) AND m.sourced_id = r.sourced_id AND m.live AND m.roles <> r.roles)
           OR EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'person' AND k.sourced_id = r.sourced_id)
           OR EXISTS (SELECT FROM stage.gone g WHERE g.slot = p_slot AND g.kind = 'person' AND g.sourced_id = r.sourced_id));

    WITH flipped AS (
        DELETE FROM sync.delta_person_role r USING sis.person m
        WHERE r.slot = p_slot AND m.district_id = (SELECT p_district) AND m.sourced_id = r.sourced_id
          AND sync.has_role(m.roles, 'student') <> sync.has_role(r.roles, 'student')
          AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = r.sourced_id)
        RETURNING r.sourced_id
    )
    SELECT array_agg(f.sourced_id ORDER BY f.sourced_id) INTO v_flipped FROM flipped f;
    PERFORM sync.delta_finding(p_slot, 'error', 'person.role_flip', 'role',
        'By their roles a student has become an adult, or the other way round. The person stays as they were. Give each person an id of their own.',
        array_fill(NULL::bigint, ARRAY[coalesce(cardinality(v_flipped), 0)]), v_flipped);

    IF v_complete THEN
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT m.sourced_id) INTO v_none
    FROM sync.delta_role d
    JOIN sis.person m ON m.district_id = (SELECT p_district) AND m.sourced_id = d.person AND m.live
    WHERE d.slot = p_slot AND d.op = 'gone'
      AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = d.person)
      AND NOT EXISTS (SELECT FROM stage.gone g WHERE g.slot = p_slot AND g.kind = 'person' AND g.sourced_id = d.person)
      AND NOT EXISTS (SELECT FROM sync.delta_role n WHERE n.slot = p_slot AND n.op = 'new' AND n.person = d.person)
      AND NOT EXISTS (SELECT FROM sis.role r WHERE r.district_id = (SELECT p_district) AND r.person = d.person
                        AND NOT EXISTS (SELECT FROM sync.delta_role g WHERE g.slot = p_slot AND g.op = 'gone' AND g.person = r.person AND g.role = r.role
                                          AND g.org = r.org AND g.sourced_id = r.sourced_id));
    PERFORM sync.delta_finding(p_slot, 'error', 'role.none', 'role',
        'The last role of this person is gone, and they are still in users.csv. The person stays as they were. Export their role and school, or say in users.csv that they are gone.',
        array_fill(NULL::bigint, ARRAY[coalesce(cardinality(v_none), 0)]), v_none);
END
$function$;

COMMENT ON FUNCTION sync.delta_roles_alone(smallint, bigint) IS
    'People whose roles change without a row of theirs in users.csv: leaves in delta_person_role those who may follow (IN-7).';
REVOKE ALL ON FUNCTION sync.delta_roles_alone(smallint, bigint) FROM PUBLIC;
