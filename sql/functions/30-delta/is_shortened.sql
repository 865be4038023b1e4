CREATE OR REPLACE FUNCTION sync.is_shortened(p_slot smallint, p_kind text DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT EXISTS (SELECT FROM stage.slot s CROSS JOIN LATERAL jsonb_each(s.files) f
                   WHERE s.slot = p_slot AND (p_kind IS NULL OR f.key = sync.file_of(p_kind)) AND (f.value ->> 'shortened')::boolean)
$function$;

COMMENT ON FUNCTION sync.is_shortened(smallint, text) IS
    'Whether the slot has only those rows of a file (NULL: of any) that are not as in the mirror; of who is not in the file it has the id.';
REVOKE ALL ON FUNCTION sync.is_shortened(smallint, text) FROM PUBLIC;
