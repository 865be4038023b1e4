CREATE OR REPLACE FUNCTION sync.has_role(p_roles text, p_role text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$ SELECT pg_catalog.strpos(U&'\001F' OPERATOR(pg_catalog.||) p_roles, U&'\001F' OPERATOR(pg_catalog.||) p_role OPERATOR(pg_catalog.||) U&'\001E') OPERATOR(pg_catalog.>) 0 $function$;

COMMENT ON FUNCTION sync.has_role(text, text) IS 'Whether a record''s roles have this one. No SET clause, so that it is inlined: it is asked of every row.';
REVOKE ALL ON FUNCTION sync.has_role(text, text) FROM PUBLIC;
