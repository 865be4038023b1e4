-- The marks are noted before anything else is read: what is marked later is news to sync.apply.
CREATE OR REPLACE FUNCTION sync.scope_open(p_slot smallint, p_run bigint, p_district bigint, p_staged boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    DELETE FROM sync.scope WHERE slot = p_slot;
    INSERT INTO sync.scope (slot, run_id, district_id, today, staged, marks, whole, settings_version,
        relatives_are_guardians, phone_is_credential, abandonment, abandoned_classrooms, unarchive_reappearing,
        update_active_users, merge_duplicate_guardians, token)
    SELECT p_slot, p_run, p_district, sync.today(p_district), p_staged,
           ARRAY(SELECT m.mark_id FROM sync.mark m WHERE m.district_id = p_district), true, d.settings_version,
           d.relatives_are_guardians, d.phone_is_credential, d.abandonment, d.abandoned_classrooms, d.unarchive_reappearing,
           d.update_active_users, d.merge_duplicate_guardians,
           (SELECT j.token FROM sis.judged j WHERE j.district_id = p_district)
    FROM rosterd.district d WHERE d.district_id = p_district
$function$;

COMMENT ON FUNCTION sync.scope_open(smallint, bigint, bigint, boolean) IS 'Begins a plan: the date, the settings and the marks it is made by.';
REVOKE ALL ON FUNCTION sync.scope_open(smallint, bigint, bigint, boolean) FROM PUBLIC;
