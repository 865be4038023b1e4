-- The settings come with the slot, from the transaction that fills it: settings_check compares their
-- version with the run's, so rows that were read by other settings are never applied.
CREATE OR REPLACE FUNCTION stage.open(p_run bigint, p_epoch bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_slot stage.slot := stage.my_slot(p_run, p_epoch);
    v_digest CONSTANT uuid := stage.offered_digest(v_slot.district_id);
BEGIN
    UPDATE stage.slot
    SET opened_at = clock_timestamp(), closed_at = NULL, planned_at = NULL, file_sha256 = NULL, files = NULL, rows = NULL,
        plan_filled = NULL, plan_mark = NULL, digest_base = v_digest, digest = NULL
    WHERE slot = v_slot.slot;
    PERFORM stage.empty_slot(sync.slot_tables('staged'), v_slot.slot);
    RETURN (SELECT jsonb_build_object('phone_region', d.phone_region, 'preferred_names', d.use_preferred_names,
                                      'windows_1252', d.file_encoding = 'windows-1252', 'strict', d.file_reading = 'strict', 'digest', v_digest)
            FROM rosterd.district d WHERE d.district_id = v_slot.district_id)
        || CASE WHEN v_digest IS NULL THEN '{}' ELSE jsonb_build_object('unsettled', jsonb_build_object(
               'class', ARRAY(SELECT u.sourced_id FROM sis.unsettled u WHERE u.district_id = v_slot.district_id AND u.kind = 'class'),
               'person', ARRAY(SELECT u.sourced_id FROM sis.unsettled u WHERE u.district_id = v_slot.district_id AND u.kind = 'person'),
               'enrollment', ARRAY(SELECT u.sourced_id FROM sis.unsettled u WHERE u.district_id = v_slot.district_id AND u.kind = 'enrollment'))) END;
END
$function$;

COMMENT ON FUNCTION stage.open(bigint, bigint) IS
    'The worker begins: empties the slot of its login, and its header. Returns how the district''s files are read, and if the file may be shortened, by which digest (its token) and which records are to be sent all the same.';
REVOKE ALL ON FUNCTION stage.open(bigint, bigint) FROM PUBLIC;
DO $grant$ BEGIN
    EXECUTE 'GRANT EXECUTE ON FUNCTION stage.open(bigint, bigint) TO '
            || (SELECT string_agg('rosterd_stage_' || s.slot, ', ') FROM stage.slot s);
END $grant$;
