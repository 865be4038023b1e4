-- The mistakes people make are caught here rather than by the CHECK constraints behind them: a CHECK
-- prints the whole row and gives no hint.
CREATE OR REPLACE FUNCTION rosterd.district_before_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- what rosterd itself keeps on the row; nobody else may write it, and it is no change of configuration
    v_own constant text[] := ARRAY['version', 'settings_version', 'seen_version', 'seen_at', 'created_at', 'changed_at', 'changed_by'];
    -- what the rules read
    v_rules constant text[] := ARRAY['preview_only', 'abandonment', 'abandoned_classrooms', 'unarchive_reappearing',
        'update_active_users', 'merge_duplicate_guardians', 'relatives_are_guardians', 'phone_is_credential', 'phone_region',
        'time_zone', 'removal_limit_percent', 'removal_limit_min', 'change_limit_percent', 'on_limit',
        'use_preferred_names', 'file_encoding', 'file_reading', 'bad_rows_limit_percent'];
    v_new jsonb;
    v_old jsonb;
BEGIN
    NEW.pause_reason := nullif(btrim(NEW.pause_reason), '');
    IF NEW.paused_until IS NULL THEN
        NEW.pause_reason := NULL;
    END IF;
    v_new := to_jsonb(NEW);
    v_old := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    IF v_new = v_old THEN
        RETURN NULL;
    END IF;
    IF v_new - v_own = v_old - v_own THEN
        RETURN NEW;
    END IF;

    PERFORM rosterd.check_district(v_new, v_old);

    NEW.version := coalesce((v_old ->> 'version')::bigint, 0) + 1;
    NEW.settings_version := coalesce((v_old ->> 'settings_version')::bigint, 1);
    -- on again: what was done by hand meanwhile is looked at as a whole (OFF-3)
    IF TG_OP = 'UPDATE' AND (NEW.sync_enabled AND NOT OLD.sync_enabled
        OR EXISTS (SELECT FROM unnest(v_rules) AS setting WHERE v_new -> setting IS DISTINCT FROM v_old -> setting)) THEN
        NEW.settings_version := NEW.settings_version + 1;
    END IF;
    NEW.changed_at := clock_timestamp();
    NEW.changed_by := rosterd.who();
    RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER district_before_write BEFORE INSERT OR UPDATE ON rosterd.district
    FOR EACH ROW EXECUTE FUNCTION rosterd.district_before_write();

COMMENT ON FUNCTION rosterd.district_before_write() IS
    'Refuses what cannot be meant, counts versions, notes who and when; an UPDATE that changes nothing writes nothing.';
REVOKE ALL ON FUNCTION rosterd.district_before_write() FROM PUBLIC;
