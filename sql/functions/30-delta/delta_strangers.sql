-- An id that has come to mean somebody else: a student's that is now an adult's or the other way
-- round, or one that left and returns with another name and nothing else in common. Following it
-- would hand one person's account to another.
CREATE OR REPLACE FUNCTION sync.delta_strangers(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_staged CONSTANT text[] := CASE WHEN sync.is_shortened(p_slot, 'person') THEN ARRAY(SELECT s.sourced_id FROM stage.person s WHERE s.slot = p_slot) END;
    v_lines bigint[];
    v_ids text[];
BEGIN
    SELECT array_agg(s.line ORDER BY s.line), array_agg(s.sourced_id ORDER BY s.line) INTO v_lines, v_ids
    FROM sync.staged_person s
    JOIN sync.people_by_id(p_district, v_staged) m ON m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot AND sync.has_role(m.roles, 'student') <> sync.has_role(s.roles, 'student')
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'person' AND k.line = s.line);
    PERFORM sync.delta_reject(p_slot, 'error', 'person.role_flip', 'person',
        'This sourcedId belonged to a student and now belongs to an adult, or the other way round. The row is not used and the record stays as it was. Give each person an id of their own.',
        v_lines, v_ids);

    SELECT array_agg(s.line ORDER BY s.line), array_agg(s.sourced_id ORDER BY s.line) INTO v_lines, v_ids
    FROM sync.staged_person s
    JOIN sync.people_by_id(p_district, v_staged) m ON m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot AND NOT m.live AND m.attached IS DISTINCT FROM 'hand'
      AND (m.given_name, m.family_name) IS DISTINCT FROM (s.given_name, s.family_name)
      AND (sync.fold_name(m.given_name), sync.fold_name(m.family_name))
          IS DISTINCT FROM (sync.fold_name(s.given_name), sync.fold_name(s.family_name))
      -- a student's or a teacher's number is no credential: siblings share their home's
      AND (m.email = s.email) IS NOT TRUE
      AND NOT ((sync.has_role(s.roles, 'guardian') OR sync.has_role(s.roles, 'parent') OR sync.has_role(s.roles, 'relative'))
               AND ARRAY[m.sms, m.phone] && array_remove(ARRAY[s.sms, s.phone], NULL))
      AND NOT EXISTS (SELECT FROM directory.credential c
                      WHERE c.district_id = (SELECT p_district) AND c.person_id = m.person_id AND c.value IN (s.email, s.sms, s.phone))
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'person' AND k.line = s.line);
    PERFORM sync.delta_reject(p_slot, 'error', 'person.id_reused', 'person',
        'This sourcedId belonged to somebody who left, and returns with another name and no e-mail or number in common. Nobody is restored under it. If it is the same person, link the record: SELECT rosterd.link_person(DISTRICT, PERSON, SOURCED_ID, REASON); if not, export a new id.',
        v_lines, v_ids);
END
$function$;

COMMENT ON FUNCTION sync.delta_strangers(smallint, bigint) IS
    'Sets aside rows whose id seems to mean another person than before: student and adult changed (IN-7), or a returning id with another name and no shared credential (ABN-B1).';
REVOKE ALL ON FUNCTION sync.delta_strangers(smallint, bigint) FROM PUBLIC;
