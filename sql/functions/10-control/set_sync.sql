CREATE OR REPLACE FUNCTION rosterd.set_sync(p_slug text, p_on boolean, p_note text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_id bigint := rosterd.find_district(p_slug);
    v_before boolean;
    v_district rosterd.district;
BEGIN
    IF p_on IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'say whether the sync is to be on or off',
            HINT = format('SELECT rosterd.set_sync(%L, true); or false.', p_slug);
    END IF;
    SELECT d.sync_enabled INTO v_before FROM rosterd.district d WHERE d.district_id = v_id;
    UPDATE rosterd.district SET sync_enabled = p_on, note = coalesce(p_note, note) WHERE district_id = v_id;
    SELECT * INTO v_district FROM rosterd.district d WHERE d.district_id = v_id;
    RETURN format('%s is %s %s', v_district.name, CASE WHEN v_before = p_on THEN 'still' ELSE 'now' END, rosterd.sync_word(v_district))
        || CASE WHEN p_on AND NOT EXISTS (SELECT FROM rosterd.lease l JOIN rosterd.daemon w ON w.daemon_id = l.daemon_id
                                          WHERE l.district_id = v_id AND w.stopped_at IS NULL AND w.alive_until >= clock_timestamp())
                THEN '; no rosterd is running for it yet' ELSE '' END;
END
$function$;

COMMENT ON FUNCTION rosterd.set_sync(text, boolean, text) IS
    'Switches a district''s sync on or off and says so. SELECT rosterd.set_sync(''springfield-usd'', false, ''asked by J. Ruiz''); the note, if given, replaces the one on the row. Once it has returned, nothing is applied for that district any more.';
REVOKE ALL ON FUNCTION rosterd.set_sync(text, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.set_sync(text, boolean, text) TO rosterd_csm, rosterd_ops;
