CREATE OR REPLACE FUNCTION sync.guard_take(p_slot smallint, p_kind text, p_ids text[], p_changed boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format($query$
        WITH taken AS (
            DELETE FROM sync.%I d WHERE d.slot = $1 AND (d.op = 'gone' OR $3 AND d.op = 'changed') AND d.sourced_id = ANY ($2) RETURNING d.*)
        INSERT INTO sync.delta_withheld (slot, kind, sourced_id, gone, line)
        SELECT t.slot, $4, t.sourced_id, t.op = 'gone', to_jsonb(t) FROM taken t
        $query$, 'delta_' || p_kind) USING p_slot, p_ids, p_changed, p_kind;
END
$function$;

COMMENT ON FUNCTION sync.guard_take(smallint, text, text[], boolean) IS
    'Takes what says that these records are gone, or also that they changed, out of the delta and keeps it aside (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_take(smallint, text, text[], boolean) FROM PUBLIC;
