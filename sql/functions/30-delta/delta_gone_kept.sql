CREATE OR REPLACE FUNCTION sync.delta_gone_kept(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- or each row of a kind would ask
    WITH named AS MATERIALIZED (
        SELECT x.kind, count(*) AS n FROM stage.gone x WHERE x.slot = p_slot GROUP BY x.kind
    )
    INSERT INTO stage.finding (slot, severity, code, file, message, count)
    SELECT p_slot, 'error', 'delta.gone_kept', sync.file_of(g.kind),
           'A row of this delta file has no readable id, so none of the records that the file says are gone was removed. Say again that they are gone, in a file without such rows.', g.n
    FROM named g
    WHERE NOT sync.is_readable(p_slot, g.kind);
END
$function$;

COMMENT ON FUNCTION sync.delta_gone_kept(smallint) IS 'Tells of the removals of a delta that were left out because an id cannot be read (SAFE-1).';
REVOKE ALL ON FUNCTION sync.delta_gone_kept(smallint) FROM PUBLIC;
