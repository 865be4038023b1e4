CREATE OR REPLACE FUNCTION sync.is_readable(p_slot smallint, p_kind text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    SELECT coalesce((s.files -> sync.file_of(p_kind) ->> 'present')::boolean, false)
           AND NOT EXISTS (SELECT FROM stage.bad b WHERE b.slot = p_slot AND b.kind = p_kind AND b.sourced_id IS NULL)
    FROM stage.slot s WHERE s.slot = p_slot);
END
$function$;

COMMENT ON FUNCTION sync.is_readable(smallint, text) IS 'Whether a file was in the package, and every row''s id could be read.';
REVOKE ALL ON FUNCTION sync.is_readable(smallint, text) FROM PUBLIC;
