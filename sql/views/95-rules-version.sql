-- Nobody has to think of counting it up: it is made of the rules, when all of them have been loaded, the
-- views last, and written down, as it is asked for at every poll.
DO $do$
BEGIN
    EXECUTE format($create$
CREATE OR REPLACE FUNCTION sync.rules_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $function$ SELECT %s $function$;
    $create$, sync.rules_digest());
END
$do$;

COMMENT ON FUNCTION sync.rules_version() IS
    'Differs after every change to what the rules decide: each district is then judged again as a whole (UPD-6).';
REVOKE ALL ON FUNCTION sync.rules_version() FROM PUBLIC;
