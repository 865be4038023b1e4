-- The rows of roles.csv. A complete file removes those that it does not have, but of nobody one of
-- whose rows cannot be used; in a delta, a row replaces all that its id said before.
CREATE OR REPLACE FUNCTION sync.delta_roles(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_delta boolean;
    v_ids text[];
BEGIN
    SELECT s.files -> 'roles.csv' ->> 'mode' = 'delta' INTO v_delta
    FROM stage.slot s WHERE s.slot = p_slot AND (s.files -> 'roles.csv' ->> 'present')::boolean;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO sync.delta_role (slot, op, person, role, org, sourced_id)
    SELECT DISTINCT p_slot, 'new', s.person, s.role, coalesce(s.org, ''), coalesce(s.sourced_id, '')
    FROM stage.role s
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'role' AND k.line = s.line)
      AND (v_delta OR NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'person' AND k.sourced_id = s.person))
      AND NOT EXISTS (SELECT FROM sis.role m WHERE m.district_id = (SELECT p_district) AND m.person = s.person AND m.role = s.role
                        AND m.org = coalesce(s.org, '') AND m.sourced_id = coalesce(s.sourced_id, ''));

    IF v_delta THEN
        v_ids := coalesce(sync.gone_by_name(p_slot, 'role'), '{}') || ARRAY(
            SELECT s.sourced_id FROM stage.role s
            WHERE s.slot = p_slot AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'role' AND k.line = s.line));
        INSERT INTO sync.delta_role (slot, op, person, role, org, sourced_id)
        SELECT p_slot, 'gone', m.person, m.role, m.org, m.sourced_id
        FROM sis.role m
        WHERE m.district_id = (SELECT p_district) AND m.sourced_id = ANY (v_ids)
          AND NOT EXISTS (SELECT FROM stage.role s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id AND s.person = m.person
                            AND s.role = m.role AND coalesce(s.org, '') = m.org);
    ELSIF NOT EXISTS (SELECT FROM stage.bad b WHERE b.slot = p_slot AND b.kind = 'person' AND b.sourced_id IS NULL) THEN
        INSERT INTO sync.delta_role (slot, op, person, role, org, sourced_id)
        SELECT p_slot, 'gone', m.person, m.role, m.org, m.sourced_id
        FROM sis.role m
        WHERE m.district_id = (SELECT p_district)
          AND NOT EXISTS (SELECT FROM stage.role s WHERE s.slot = p_slot AND s.person = m.person AND s.role = m.role
                            AND coalesce(s.org, '') = m.org AND coalesce(s.sourced_id, '') = m.sourced_id)
          AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'person' AND k.sourced_id = m.person);
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.delta_roles(smallint, bigint) IS 'What the file changes among the rows of roles.csv (IN-7, SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_roles(smallint, bigint) FROM PUBLIC;
