-- Who claims or holds a contested credential is among the people and accounts already.
CREATE OR REPLACE FUNCTION sync.scope_is_empty(p_slot smallint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    SELECT NOT v.whole AND v.people = '{}' AND v.accounts = '{}' AND v.classes = '{}' AND v.classrooms = '{}'
           AND NOT EXISTS (SELECT FROM sync.delta_enrollment d WHERE d.slot = p_slot)
    FROM sync.scope v WHERE v.slot = p_slot);
END
$function$;

COMMENT ON FUNCTION sync.scope_is_empty(smallint) IS 'Whether there is nobody and no class to judge again: nothing changed that they hang on (UPD-6).';
REVOKE ALL ON FUNCTION sync.scope_is_empty(smallint) FROM PUBLIC;
