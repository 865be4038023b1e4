-- Small bites, so that nothing waits for it and nobody's replica falls behind: up to 10,000 rows of a
-- kind a call. A run stays while it is the district's last, its last good one or the last with a
-- file, while a finding of it is open, or while it is held.
CREATE OR REPLACE FUNCTION sync.tidy(p_runs_days integer, p_findings_days integer, p_audit_days integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_most constant integer := 10000;
    v_now constant timestamptz := clock_timestamp();
    v_rows bigint;
    v_more boolean := false;
BEGIN
    DELETE FROM rosterd.finding WHERE finding_id IN (
        SELECT f.finding_id FROM rosterd.finding f
        WHERE f.closed_at < v_now - make_interval(days => p_findings_days)
        ORDER BY f.closed_at LIMIT v_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_more := v_more OR v_rows = v_most;

    DELETE FROM rosterd.run WHERE run_id IN (
        SELECT r.run_id FROM rosterd.run r
        WHERE r.ended_at < v_now - make_interval(days => p_runs_days)
          AND r.state <> 'held'
          AND EXISTS (SELECT FROM rosterd.run n WHERE n.district_id = r.district_id AND n.run_id > r.run_id)
          AND (r.state NOT IN ('done', 'unchanged')
               OR EXISTS (SELECT FROM rosterd.run n WHERE n.district_id = r.district_id AND n.run_id > r.run_id
                            AND n.state IN ('done', 'unchanged')))
          AND (r.file_sha256 IS NULL
               OR EXISTS (SELECT FROM rosterd.run n WHERE n.district_id = r.district_id AND n.run_id > r.run_id
                            AND n.file_sha256 IS NOT NULL))
          AND NOT EXISTS (SELECT FROM rosterd.finding f WHERE f.run_id = r.run_id AND f.closed_by_run IS NULL)
        ORDER BY r.ended_at LIMIT v_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_more := v_more OR v_rows = v_most;

    DELETE FROM audit.change c USING (
        SELECT a.district_id, a.change_id FROM audit.change a
        WHERE a.at < v_now - make_interval(days => p_audit_days) LIMIT v_most) old
    WHERE (c.district_id, c.change_id) = (old.district_id, old.change_id);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_more := v_more OR v_rows = v_most;

    DELETE FROM rosterd.config_change WHERE change_id IN (
        SELECT c.change_id FROM rosterd.config_change c
        WHERE c.changed_at < v_now - make_interval(days => p_audit_days)
        ORDER BY c.change_id LIMIT v_most);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_more := v_more OR v_rows = v_most;

    DELETE FROM rosterd.disposal x WHERE x.since < v_now - make_interval(days => p_runs_days);

    DELETE FROM rosterd.daemon d
    WHERE d.stopped_at < v_now - make_interval(days => p_runs_days)
      AND NOT EXISTS (SELECT FROM rosterd.lease l WHERE l.daemon_id = d.daemon_id);
    RETURN v_more;
END
$function$;

COMMENT ON FUNCTION sync.tidy(integer, integer, integer) IS
    'Removes runs, closed findings and audit rows older than so many days, a bounded number a call. True: there is more, call again.';
REVOKE ALL ON FUNCTION sync.tidy(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.tidy(integer, integer, integer) TO rosterd_daemon;
