CREATE OR REPLACE FUNCTION sync.may_remove(p_slot smallint, p_kind text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT sync.is_complete(p_slot, p_kind) AND NOT sync.is_shortened(p_slot, p_kind) $function$;

COMMENT ON FUNCTION sync.may_remove(smallint, text) IS
    'Whether the slot removes records of a kind by not having them: the file is complete (SAFE-1, SAFE-2), and all its rows are here.';
REVOKE ALL ON FUNCTION sync.may_remove(smallint, text) FROM PUBLIC;
