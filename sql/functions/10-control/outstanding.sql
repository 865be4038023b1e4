-- UPD-6. A new day counts only if some enrollment begins or ends by it: IN-1 lets one count from 30
-- days before its begin until the day after its end. A day too many here costs a run that changes
-- nothing; a day too few would leave somebody out, so both ends are taken generously.
CREATE OR REPLACE FUNCTION sync.outstanding(p_district bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_judged sis.judged;
    v_settings bigint;
    v_today date;
BEGIN
    SELECT * INTO v_judged FROM sis.judged j WHERE j.district_id = p_district;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT d.settings_version, (clock_timestamp() AT TIME ZONE d.time_zone)::date INTO v_settings, v_today
    FROM rosterd.district d WHERE d.district_id = p_district;

    -- the same question is not put again while, or after, it waits for an answer
    IF EXISTS (SELECT FROM rosterd.hold h
               WHERE h.district_id = p_district AND h.file_sha256 IS NULL AND (h.closed_at IS NULL OR h.decision = 'refused')
                 AND h.settings_version = v_settings AND h.rules_version = sync.rules_version() AND h.judged_on = v_today
                 AND NOT EXISTS (SELECT FROM sync.mark m WHERE m.district_id = p_district AND m.mark_id <> ALL (h.marks))) THEN
        RETURN false;
    END IF;
    -- nor today's behind a file that waits for its own (sync.rules_wait)
    IF EXISTS (SELECT FROM rosterd.hold h
               JOIN rosterd.run r ON r.district_id = h.district_id AND r.run_id > h.run_id AND r.file_sha256 IS NULL AND r.reason = 'plan.base_held'
                                 AND r.settings_version = v_settings
               JOIN rosterd.district d ON d.district_id = h.district_id AND (r.created_at AT TIME ZONE d.time_zone)::date = v_today
               WHERE h.district_id = p_district AND h.closed_at IS NULL AND h.file_sha256 IS NOT NULL
                 AND NOT EXISTS (SELECT FROM sync.mark m WHERE m.district_id = p_district AND m.marked_at > r.created_at)) THEN
        RETURN false;
    END IF;
    RETURN v_judged.settings_version <> v_settings
        OR v_judged.rules_version <> sync.rules_version()
        OR EXISTS (SELECT FROM sync.mark m WHERE m.district_id = p_district)
        OR v_today <> v_judged.judged_on AND (
            EXISTS (SELECT FROM sis.enrollment e WHERE e.district_id = p_district
                      AND e.begin_date BETWEEN least(v_judged.judged_on, v_today) + 30 AND greatest(v_judged.judged_on, v_today) + 30)
            OR EXISTS (SELECT FROM sis.enrollment e WHERE e.district_id = p_district
                      AND e.end_date BETWEEN least(v_judged.judged_on, v_today) - 2 AND greatest(v_judged.judged_on, v_today)));
END
$function$;

COMMENT ON FUNCTION sync.outstanding(bigint) IS
    'Whether the rules have something to do without a new file: hand edits, changed settings or rules, or a day on which enrollments begin or end. False before the first applied run.';
REVOKE ALL ON FUNCTION sync.outstanding(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.outstanding(bigint) TO rosterd_daemon;
