CREATE OR REPLACE FUNCTION sync.delta_sessions(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_gone text[];
BEGIN
    INSERT INTO sync.delta_session (slot, op, sourced_id, title, type, start_date, end_date, parent, school_year, line)
    SELECT p_slot, CASE WHEN m.sourced_id IS NULL THEN 'new' WHEN NOT m.live THEN 'back' ELSE 'changed' END,
           s.sourced_id, s.title, s.type, s.start_date::date, s.end_date::date, s.parent, s.school_year, s.line
    FROM stage.session s
    LEFT JOIN sis.session m ON m.district_id = (SELECT p_district) AND m.sourced_id = s.sourced_id
    WHERE s.slot = p_slot
      AND NOT EXISTS (SELECT FROM sync.delta_skip k WHERE k.slot = p_slot AND k.kind = 'session' AND k.line = s.line)
      AND (m.sourced_id IS NULL OR NOT m.live
           OR (m.title, m.type, m.start_date, m.end_date, m.parent, m.school_year)
              IS DISTINCT FROM (s.title, s.type, s.start_date::date, s.end_date::date, s.parent, s.school_year));

    INSERT INTO sync.delta_session (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.session m
    WHERE m.district_id = (SELECT p_district) AND m.live AND sync.may_remove(p_slot, 'session')
      AND NOT EXISTS (SELECT FROM stage.session s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
      AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = 'session' AND k.sourced_id = m.sourced_id);
    v_gone := sync.gone_by_name(p_slot, 'session');
    INSERT INTO sync.delta_session (slot, op, sourced_id)
    SELECT p_slot, 'gone', m.sourced_id
    FROM sis.session m WHERE m.district_id = (SELECT p_district) AND m.live AND m.sourced_id = ANY (v_gone);
END
$function$;

COMMENT ON FUNCTION sync.delta_sessions(smallint, bigint) IS 'What the file changes among the terms (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_sessions(smallint, bigint) FROM PUBLIC;
