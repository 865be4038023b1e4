CREATE OR REPLACE FUNCTION sync.decider(p_by text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN pg_has_role(session_user, 'rosterd_daemon', 'USAGE') THEN coalesce(nullif(btrim(p_by), ''), session_user)
                ELSE session_user END
$function$;

COMMENT ON FUNCTION sync.decider(text) IS
    'Who decides: the login; only the daemon passes on somebody else, the peer of its control socket (SAFE-4).';
REVOKE ALL ON FUNCTION sync.decider(text) FROM PUBLIC;
