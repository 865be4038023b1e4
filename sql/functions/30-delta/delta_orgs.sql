CREATE OR REPLACE FUNCTION sync.delta_orgs(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_gone text[];
BEGIN
    INSERT INTO sync.delta_org (slot, op, sourced_id, name, type, identifier, parent, line)
    SELECT p_slot, CASE WHEN m.sourced_id IS NULL THEN 'new' WHEN NOT m.live THEN 'back' ELSE 'changed' END,
           s.sourced_id, s.name, s.type, s.identifier, s.parent, s.line
    FROM stage.org s
    LEFT JOIN sis.org m ON m.district_id = (SELECT p_district) AND m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'org' AND k.line = s.line)
      AND (m.sourced_id IS NULL OR NOT m.live
           OR (m.name, m.type, m.identifier, m.parent) IS DISTINCT FROM (s.name, s.type, s.identifier, s.parent));

    INSERT INTO sync.delta_org (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.org m
    WHERE m.district_id = (SELECT p_district) AND m.live AND sync.may_remove(p_slot, 'org')
      AND NOT EXISTS (SELECT FROM stage.org s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
      AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'org' AND k.sourced_id = m.sourced_id);
    v_gone := sync.gone_by_name(p_slot, 'org');
    INSERT INTO sync.delta_org (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.org m WHERE m.district_id = (SELECT p_district) AND m.live AND m.sourced_id = ANY (v_gone);
END
$function$;

COMMENT ON FUNCTION sync.delta_orgs(smallint, bigint) IS 'What the file changes among the organisations (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_orgs(smallint, bigint) FROM PUBLIC;
