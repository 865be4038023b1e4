CREATE OR REPLACE FUNCTION rosterd.onboard(p_slug text, p_name text, p_host text, p_port integer, p_username text, p_path text, p_credential text)
RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
BEGIN
    IF EXISTS (SELECT FROM rosterd.district d WHERE d.slug = p_slug) THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = format('there is a district "%s" already', p_slug),
            HINT = 'Choose another slug, or change the one there is: UPDATE rosterd.source ...';
    END IF;
    INSERT INTO rosterd.district (slug, name) VALUES (p_slug, p_name) RETURNING district_id INTO v_district;
    INSERT INTO rosterd.source (district_id, host, port, username, path, credential)
    VALUES (v_district, p_host, coalesce(p_port, 22), p_username, coalesce(p_path, '.'), p_credential);
    RETURN v_district;
END
$function$;

COMMENT ON FUNCTION rosterd.onboard(text, text, text, integer, text, text, text) IS
    'A new district with its SFTP source, switched off; returns its district_id. credential is a name in the credentials folder, never the secret. Then: rosterctl hostkey SLUG, rosterctl check SLUG, and rosterd.set_sync(SLUG, true).';
REVOKE ALL ON FUNCTION rosterd.onboard(text, text, text, integer, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.onboard(text, text, text, integer, text, text, text) TO rosterd_ops;
