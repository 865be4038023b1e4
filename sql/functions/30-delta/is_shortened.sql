CREATE OR REPLACE FUNCTION sync.is_shortened(p_slot smallint, p_kind text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce((s.files -> sync.file_of(p_kind) ->> 'shortened')::boolean, false) FROM stage.slot s WHERE s.slot = p_slot
$function$;

COMMENT ON FUNCTION sync.is_shortened(smallint, text) IS
    'Whether the slot has only those rows of a file that are not as in the mirror; of who is not in the file it has the id.';
REVOKE ALL ON FUNCTION sync.is_shortened(smallint, text) FROM PUBLIC;
