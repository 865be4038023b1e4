CREATE OR REPLACE FUNCTION api.managed_by_sync(p_settings rosterd.district, p_person directory.person) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_settings.sync_enabled AND p_settings.update_active_users AND p_person.status = 'active'
       AND EXISTS (SELECT FROM sis.person AS s
                    WHERE s.district_id = p_person.district_id AND s.person_id = p_person.person_id AND s.live)
$$;
COMMENT ON FUNCTION api.managed_by_sync(rosterd.district, directory.person) IS
    'Whether the sync owns the details of this active person (UPD-5).';
REVOKE ALL ON FUNCTION api.managed_by_sync(rosterd.district, directory.person) FROM PUBLIC;
