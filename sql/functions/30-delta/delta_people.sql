CREATE OR REPLACE FUNCTION sync.delta_people(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_staged CONSTANT text[] := CASE WHEN sync.is_shortened(p_slot, 'person') THEN ARRAY(SELECT s.sourced_id FROM stage.person s WHERE s.slot = p_slot) END;
    v_gone text[];
BEGIN
    PERFORM sync.delta_strangers(p_slot, p_district);

    INSERT INTO sync.delta_person (slot, op, sourced_id, given_name, family_name, roles, email, sms, phone, invalid, line)
    SELECT p_slot, CASE WHEN m.sourced_id IS NULL THEN 'new' WHEN NOT m.live THEN 'back' ELSE 'changed' END,
           s.sourced_id, s.given_name, s.family_name, s.roles, s.email, s.sms, s.phone, s.invalid, s.line
    FROM sync.staged_person s
    LEFT JOIN sync.people_by_id(p_district, v_staged) m ON m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'person' AND k.line = s.line)
      AND (m.sourced_id IS NULL OR NOT m.live
           OR (m.given_name, m.family_name, m.roles, m.email, m.sms, m.phone, m.invalid)
              IS DISTINCT FROM (s.given_name, s.family_name, s.roles, s.email, s.sms, s.phone, s.invalid));
    -- whose row of users.csv is not in the file, but whose roles are others now
    INSERT INTO sync.delta_person (slot, op, sourced_id, given_name, family_name, roles, email, sms, phone, invalid, line)
    SELECT p_slot, 'changed', m.sourced_id, m.given_name, m.family_name, r.roles, m.email, m.sms, m.phone, m.invalid, m.line
    FROM sync.delta_person_role r
    JOIN sis.person m ON m.district_id = (SELECT p_district) AND m.sourced_id = r.sourced_id
    WHERE r.slot = p_slot AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = r.sourced_id);

    INSERT INTO sync.delta_person (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.person m
    WHERE m.district_id = (SELECT p_district) AND m.live AND sync.may_remove(p_slot, 'person')
      AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
      AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'person' AND k.sourced_id = m.sourced_id);
    v_gone := coalesce(sync.gone_by_name(p_slot, 'person'), '{}');
    INSERT INTO sync.delta_person (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sync.people_by_id(p_district, v_gone) m WHERE m.live;
END
$function$;

COMMENT ON FUNCTION sync.delta_people(smallint, bigint) IS 'What the file changes among the people (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_people(smallint, bigint) FROM PUBLIC;
