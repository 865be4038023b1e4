CREATE OR REPLACE FUNCTION rosterd.is_one_of(p_value text, VARIADIC p_known text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(p_value = ANY (p_known), false);
$function$;

COMMENT ON FUNCTION rosterd.is_one_of(text, text[]) IS 'Whether the value is one of the known ones; false for NULL.';
REVOKE ALL ON FUNCTION rosterd.is_one_of(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.is_one_of(text, text[]) TO rosterd_csm, rosterd_ops;
