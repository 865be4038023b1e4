-- Calls from the control socket arrive under the daemon's login; it passes on whom the kernel named at
-- the other end. The setting counts for that login only, or anybody could sign for somebody else.
CREATE OR REPLACE FUNCTION rosterd.who() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN pg_has_role(session_user, 'rosterd_daemon', 'USAGE')
                THEN coalesce(nullif(current_setting('rosterd.changed_by', true), ''), session_user)
                ELSE session_user END;
$function$;

COMMENT ON FUNCTION rosterd.who() IS 'Who is making a change: the login, or the caller of the control socket the daemon acts for.';
REVOKE ALL ON FUNCTION rosterd.who() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.who() TO rosterd_csm, rosterd_ops;
