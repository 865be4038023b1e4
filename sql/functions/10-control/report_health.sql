-- One call for all that changed since the last, so a bad night at ten thousand drops is not ten
-- thousand calls. Moments are seconds since 1970. What another daemon owns by now is passed over.
CREATE OR REPLACE FUNCTION sync.report_health(p_daemon bigint, p_reports jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_stored bigint;
BEGIN
    INSERT INTO rosterd.health AS h (district_id, epoch, health, reason, owner, detail, since, retry_at, last_poll_at)
    SELECT n.district, n.epoch, n.health, n.reason, n.owner, n.detail,
           coalesce(to_timestamp(n.since), clock_timestamp()), to_timestamp(n.retry_at), to_timestamp(n.last_poll_at)
    FROM jsonb_to_recordset(p_reports) AS n (district bigint, epoch bigint, health text, reason text, owner text, detail text,
                                             since double precision, retry_at double precision, last_poll_at double precision)
    JOIN rosterd.lease l ON l.district_id = n.district AND l.epoch = n.epoch AND l.daemon_id = p_daemon
    ORDER BY n.district
    ON CONFLICT (district_id) DO UPDATE
    SET epoch = excluded.epoch, health = excluded.health, reason = excluded.reason, owner = excluded.owner, detail = excluded.detail,
        since = excluded.since, retry_at = excluded.retry_at, last_poll_at = excluded.last_poll_at, reported_at = clock_timestamp()
    WHERE (h.epoch, h.health, h.reason, h.owner, h.detail, h.since, h.retry_at, h.last_poll_at)
        IS DISTINCT FROM (excluded.epoch, excluded.health, excluded.reason, excluded.owner, excluded.detail, excluded.since, excluded.retry_at, excluded.last_poll_at);
    GET DIAGNOSTICS v_stored = ROW_COUNT;
    RETURN v_stored;
END
$function$;

COMMENT ON FUNCTION sync.report_health(bigint, jsonb) IS
    'What a daemon says of its districts: [{"district": 1, "epoch": 2, "health": "failing", "reason": "sftp.auth", "owner": "district", "detail": null, "since": 0.0, "retry_at": null, "last_poll_at": null}, ...]. For the views people read and for the other daemons; returns how many changed.';
REVOKE ALL ON FUNCTION sync.report_health(bigint, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.report_health(bigint, jsonb) TO rosterd_daemon;
