-- An id that cannot be read may be one of those that are named: then none of them is removed.
CREATE OR REPLACE FUNCTION sync.gone_by_name(p_slot smallint, p_kind text) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    SELECT CASE WHEN sync.is_readable(p_slot, p_kind) THEN ARRAY(
        SELECT DISTINCT g.sourced_id FROM stage.gone g
        WHERE g.slot = p_slot AND g.kind = p_kind
          AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = p_slot AND k.kind = p_kind AND k.sourced_id = g.sourced_id)) END);
END
$function$;

COMMENT ON FUNCTION sync.gone_by_name(smallint, text) IS
    'Which records of a kind a delta file says are gone; NULL if it may remove none (SAFE-1).';
REVOKE ALL ON FUNCTION sync.gone_by_name(smallint, text) FROM PUBLIC;
