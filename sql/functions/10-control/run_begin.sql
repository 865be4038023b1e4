CREATE OR REPLACE FUNCTION sync.run_begin(p_daemon bigint, p_district bigint, p_epoch bigint, p_cause text, p_by text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district rosterd.district;
    v_run bigint;
    v_constraint text;
BEGIN
    PERFORM FROM rosterd.lease l
    WHERE l.district_id = p_district AND l.daemon_id = p_daemon AND l.epoch = p_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('district %s is not this daemon''s any more', p_district);
    END IF;

    -- OFF-1: an UPDATE that has returned is seen here, so nothing starts after it.
    SELECT * INTO v_district FROM rosterd.district d WHERE d.district_id = p_district;
    IF NOT v_district.sync_enabled THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = format('the sync of %s is off', v_district.slug);
    END IF;
    IF v_district.paused_until > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = format('the sync of %s is paused until %s', v_district.slug, v_district.paused_until);
    END IF;
    IF p_cause = 'approval' AND NOT EXISTS (SELECT FROM rosterd.hold h WHERE h.district_id = p_district AND h.closed_at IS NULL AND h.decision = 'approved') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = format('nothing of %s is approved any more', v_district.slug), DETAIL = 'plan.not_approved';
    END IF;

    -- A run under an older epoch can never commit: its daemon lost the district.
    UPDATE rosterd.run SET state = 'interrupted', reason = 'lease.lost', owner = 'nobody', ended_at = clock_timestamp()
    WHERE run_id IN (SELECT r.run_id FROM rosterd.run r
                     WHERE r.district_id = p_district AND r.epoch <> p_epoch
                       AND r.state IN ('fetching', 'staging', 'planning', 'applying')
                     FOR UPDATE SKIP LOCKED);

    INSERT INTO rosterd.run (district_id, daemon_id, epoch, cause, requested_by, settings_version)
    VALUES (p_district, p_daemon, p_epoch, p_cause, p_by, v_district.settings_version)
    RETURNING run_id INTO v_run;
    RETURN v_run;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
    IF v_constraint <> 'run_one_open_a_district' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('a run of district %s is still under way', p_district);
END
$function$;

COMMENT ON FUNCTION sync.run_begin(bigint, bigint, bigint, text, text) IS
    'Begins a run of a district this daemon owns. RS101 if it does not, RS102 if its sync is off or paused or there is no approval to carry out, RS105 if a run is still open (OFF-1, OFF-4).';
REVOKE ALL ON FUNCTION sync.run_begin(bigint, bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_begin(bigint, bigint, bigint, text, text) TO rosterd_daemon;
