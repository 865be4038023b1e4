-- Replaces what was pinned: after a changed key the old one must not open the door any more. Several
-- fingerprints, for a server with several keys, are separated by spaces. Waits two seconds at most: all districts
-- share the connection this call comes by.
CREATE OR REPLACE FUNCTION sync.hostkey_accept(p_slug text, p_fingerprint text, p_by text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $function$
DECLARE
    v_id bigint := rosterd.find_district(p_slug);
    v_keys text[] := regexp_split_to_array(btrim(p_fingerprint), '[[:space:],]+');
BEGIN
    IF p_fingerprint IS NULL OR btrim(p_fingerprint) = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'no fingerprint was given',
            HINT = 'See what the server offers with: rosterctl hostkey SLUG';
    END IF;
    PERFORM set_config('rosterd.changed_by', p_by, true);
    IF NOT EXISTS (SELECT FROM rosterd.source s WHERE s.district_id = v_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('"%s" has no source yet', p_slug),
            HINT = 'Give it one: INSERT INTO rosterd.source ...';
    END IF;
    UPDATE rosterd.source SET host_keys = v_keys WHERE district_id = v_id;
    RETURN format('pinned for %s: %s', p_slug, array_to_string(v_keys, ' '));
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = format('somebody is changing the row of "%s" in another session', p_slug),
        HINT = 'Nothing was changed. Try again when that session has ended its transaction.';
END
$function$;

COMMENT ON FUNCTION sync.hostkey_accept(text, text, text) IS
    'Pins the host key a person has compared with the district, in place of what was pinned, on behalf of a caller of the control socket.';
REVOKE ALL ON FUNCTION sync.hostkey_accept(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.hostkey_accept(text, text, text) TO rosterd_daemon;
