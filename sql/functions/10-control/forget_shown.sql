CREATE OR REPLACE FUNCTION sync.forget_shown(p_district bigint, p_run bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    DELETE FROM sync.shown s WHERE s.district_id = p_district AND s.run_id = p_run;
    DELETE FROM sync.offered o WHERE o.district_id = p_district AND o.run_id = p_run
$function$;

COMMENT ON FUNCTION sync.forget_shown(bigint, bigint) IS 'A hold that is closed needs no longer what it has shown.';
REVOKE ALL ON FUNCTION sync.forget_shown(bigint, bigint) FROM PUBLIC;
