-- Locks nothing: a plan takes as long as it takes, and a CSM's UPDATE must not wait for it. What is
-- changed after this look is found by sync.check, which does lock. The detail is the word of the cause.
CREATE OR REPLACE FUNCTION sync.settings_check(p_run rosterd.run) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district rosterd.district;
BEGIN
    SELECT * INTO STRICT v_district FROM rosterd.district d WHERE d.district_id = p_run.district_id;
    IF NOT v_district.sync_enabled THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = 'the sync was switched off during the run';
    END IF;
    IF v_district.paused_until > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = 'the sync was paused during the run';
    END IF;
    IF v_district.settings_version IS DISTINCT FROM p_run.settings_version THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = 'a setting changed during the run', DETAIL = 'config.changed';
    END IF;
    PERFORM sync.approval_check(p_run);
END
$function$;

COMMENT ON FUNCTION sync.settings_check(rosterd.run) IS
    'RS102 if the district was switched off or paused, or its settings changed, since the run began, or if what it carries out is not approved any more (OFF-1, SAFE-4).';
REVOKE ALL ON FUNCTION sync.settings_check(rosterd.run) FROM PUBLIC;
