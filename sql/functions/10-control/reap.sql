-- Waits for nobody: what another transaction holds is left for the next beat. An applying
-- transaction of a dead daemon may still end; sync.check then finds the lease moved or the commit
-- was in time.
CREATE OR REPLACE FUNCTION sync.reap() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE rosterd.daemon SET stopped_at = clock_timestamp()
    WHERE daemon_id IN (SELECT d.daemon_id FROM rosterd.daemon d
                        WHERE d.stopped_at IS NULL AND d.alive_until < clock_timestamp()
                        FOR UPDATE SKIP LOCKED);

    UPDATE rosterd.lease SET daemon_id = NULL
    WHERE district_id IN (SELECT l.district_id FROM rosterd.lease l
                          JOIN rosterd.daemon d ON d.daemon_id = l.daemon_id
                          WHERE d.stopped_at IS NOT NULL
                          FOR UPDATE OF l SKIP LOCKED);

    UPDATE rosterd.run SET state = 'interrupted', reason = 'daemon.stopped', owner = 'nobody', ended_at = clock_timestamp()
    WHERE run_id IN (SELECT r.run_id FROM rosterd.run r
                     JOIN rosterd.daemon d ON d.daemon_id = r.daemon_id
                     WHERE r.state IN ('fetching', 'staging', 'planning', 'applying') AND d.stopped_at IS NOT NULL
                     FOR UPDATE OF r SKIP LOCKED);

    UPDATE stage.slot
    SET run_id = NULL, district_id = NULL, epoch = NULL, leased_at = NULL, opened_at = NULL, closed_at = NULL,
        planned_at = NULL, file_sha256 = NULL, files = NULL, rows = NULL, plan_filled = NULL, plan_mark = NULL, digest_base = NULL, digest = NULL
    WHERE slot IN (SELECT s.slot FROM stage.slot s
                   LEFT JOIN rosterd.run r ON r.run_id = s.run_id
                   WHERE s.run_id IS NOT NULL
                     AND (r.run_id IS NULL OR r.state NOT IN ('fetching', 'staging', 'planning', 'applying'))
                   FOR UPDATE OF s SKIP LOCKED);
END
$function$;

COMMENT ON FUNCTION sync.reap() IS
    'Takes silent daemons for dead: frees their districts, ends their runs as interrupted, and frees slots whose run has ended.';
REVOKE ALL ON FUNCTION sync.reap() FROM PUBLIC;
