-- For rosterd.district and rosterd.source. One row a changed row: {"column": [before, after]}.
CREATE OR REPLACE FUNCTION rosterd.config_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_own constant text[] := ARRAY['version', 'settings_version', 'seen_version', 'seen_at', 'created_at', 'changed_at', 'changed_by'];
    v_new jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) - v_own END;
    v_old jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) - v_own END;
    v_district bigint := coalesce(v_new ->> 'district_id', v_old ->> 'district_id');
    v_changes jsonb;
    v_slug text;
BEGIN
    SELECT jsonb_object_agg(name, jsonb_build_array(v_old -> name, v_new -> name)) INTO v_changes
    FROM jsonb_object_keys(v_old || v_new) AS name
    WHERE coalesce(v_old -> name, 'null') <> coalesce(v_new -> name, 'null') AND name <> 'district_id';
    IF v_changes IS NULL THEN
        RETURN NULL;
    END IF;

    INSERT INTO rosterd.config_change (district_id, relation, changed_by, client, changes)
    VALUES (v_district, TG_TABLE_NAME, rosterd.who(),
            concat_ws(' ', nullif(current_setting('application_name'), ''), coalesce('from ' || host(inet_client_addr()), 'on the database host')),
            v_changes);

    -- On, or paused, from now: a file has some days from when it can be taken again.
    IF v_changes ?| ARRAY['sync_enabled', 'paused_until'] AND TG_OP <> 'DELETE' THEN
        INSERT INTO rosterd.expected AS e (district_id, late_at)
        VALUES (v_district, greatest(clock_timestamp(), (v_new ->> 'paused_until')::timestamptz) + interval '4 days')
        ON CONFLICT (district_id) DO UPDATE SET late_at = greatest(e.late_at, excluded.late_at);
    END IF;

    -- A change of the source is a change of the district's configuration: rosterd acknowledges both by one version.
    IF TG_TABLE_NAME = 'source' THEN
        UPDATE rosterd.district SET version = version + 1 WHERE district_id = v_district;
    END IF;
    SELECT d.slug INTO v_slug FROM rosterd.district d WHERE d.district_id = v_district;
    PERFORM pg_notify('rosterd_config', coalesce(v_slug, v_old ->> 'slug'));
    RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER config_audit AFTER INSERT OR UPDATE OR DELETE ON rosterd.district
    FOR EACH ROW EXECUTE FUNCTION rosterd.config_audit();
CREATE OR REPLACE TRIGGER config_audit AFTER INSERT OR UPDATE OR DELETE ON rosterd.source
    FOR EACH ROW EXECUTE FUNCTION rosterd.config_audit();

COMMENT ON FUNCTION rosterd.config_audit() IS
    'Notes who changed which column from what to what, and tells the daemons at once.';
REVOKE ALL ON FUNCTION rosterd.config_audit() FROM PUBLIC;
