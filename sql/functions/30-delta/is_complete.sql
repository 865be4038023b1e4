CREATE OR REPLACE FUNCTION sync.is_complete(p_slot smallint, p_kind text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT sync.is_readable(p_slot, p_kind) AND s.files -> sync.file_of(p_kind) ->> 'mode' IS DISTINCT FROM 'delta'
    FROM stage.slot s WHERE s.slot = p_slot
$function$;

COMMENT ON FUNCTION sync.is_complete(smallint, text) IS
    'Whether this file says of every record of a kind that it is there: it was in the package (SAFE-2), complete, and every row''s id could be read (SAFE-1).';
REVOKE ALL ON FUNCTION sync.is_complete(smallint, text) FROM PUBLIC;
