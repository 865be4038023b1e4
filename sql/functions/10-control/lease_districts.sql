-- The beat before has taken silent daemons for dead. Each of N that are left takes up to ceil(districts / N), and gives back what it has beyond that as soon
-- as no run of it is open: nothing is interrupted for fairness' sake. The epoch changes only when
-- a district gets an owner, so a commit under an older one can be told from the owner's.
CREATE OR REPLACE FUNCTION sync.lease_districts(p_daemon bigint, p_lease_ttl_s double precision)
RETURNS TABLE (district_id bigint, epoch bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_share bigint;
    v_owned bigint;
BEGIN
    IF NOT sync.daemon_beat(p_daemon, p_lease_ttl_s) THEN
        RETURN;
    END IF;

    SELECT ceil((SELECT count(*) FROM rosterd.lease)::numeric
                / (SELECT count(*) FROM rosterd.daemon d WHERE d.stopped_at IS NULL))
    INTO v_share;
    SELECT count(*) INTO v_owned FROM rosterd.lease l WHERE l.daemon_id = p_daemon;

    IF v_owned > v_share THEN
        UPDATE rosterd.lease AS given SET daemon_id = NULL
        WHERE given.district_id IN (
            SELECT l.district_id FROM rosterd.lease l
            WHERE l.daemon_id = p_daemon
              AND NOT EXISTS (SELECT FROM rosterd.run r WHERE r.district_id = l.district_id
                                AND r.state IN ('fetching', 'staging', 'planning', 'applying'))
            ORDER BY l.taken_at DESC, l.district_id DESC
            LIMIT v_owned - v_share
            FOR UPDATE OF l SKIP LOCKED);
    ELSIF v_owned < v_share THEN
        UPDATE rosterd.lease AS taken SET daemon_id = p_daemon, epoch = taken.epoch + 1, taken_at = clock_timestamp()
        WHERE taken.district_id IN (
            SELECT l.district_id FROM rosterd.lease l
            WHERE l.daemon_id IS NULL
            ORDER BY l.district_id
            LIMIT v_share - v_owned
            FOR UPDATE OF l SKIP LOCKED);
    END IF;

    RETURN QUERY SELECT l.district_id, l.epoch FROM rosterd.lease l WHERE l.daemon_id = p_daemon;
END
$function$;

COMMENT ON FUNCTION sync.lease_districts(bigint, double precision) IS
    'Takes this daemon''s fair share of the free districts, gives back what is beyond it, and lists all that are its own now. Counts as a beat; nothing for a daemon taken for dead.';
REVOKE ALL ON FUNCTION sync.lease_districts(bigint, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.lease_districts(bigint, double precision) TO rosterd_daemon;
