CREATE OR REPLACE FUNCTION sync.delta_reject(p_slot smallint, p_severity text, p_code text, p_kind text, p_message text,
                                             p_lines bigint[], p_ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_ids IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO sync.delta_kept (slot, kind, sourced_id) SELECT p_slot, p_kind, i FROM unnest(p_ids) AS i;
    INSERT INTO sync.delta_skip (slot, kind, line) SELECT p_slot, p_kind, l FROM unnest(p_lines) AS l;
    PERFORM sync.delta_finding(p_slot, p_severity, p_code, p_kind, p_message, p_lines, p_ids);
END
$function$;

COMMENT ON FUNCTION sync.delta_reject(smallint, text, text, text, text, bigint[], text[]) IS
    'Rows that say something that cannot be: not used, their records stay as they were (SAFE-1), and a finding each.';
REVOKE ALL ON FUNCTION sync.delta_reject(smallint, text, text, text, text, bigint[], text[]) FROM PUBLIC;
