CREATE OR REPLACE FUNCTION rosterd.resume(p_slug text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_id bigint := rosterd.find_district(p_slug);
    v_district rosterd.district;
BEGIN
    UPDATE rosterd.district SET paused_until = NULL WHERE district_id = v_id;
    SELECT * INTO v_district FROM rosterd.district d WHERE d.district_id = v_id;
    RETURN format('%s is %s', v_district.name, rosterd.sync_word(v_district));
END
$function$;

COMMENT ON FUNCTION rosterd.resume(text) IS 'Ends a district''s pause now, and says how its sync is then.';
REVOKE ALL ON FUNCTION rosterd.resume(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.resume(text) TO rosterd_csm, rosterd_ops;
