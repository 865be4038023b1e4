-- A finding of the file before that is there again goes on standing, from the run that first had it;
-- one that is not is closed. Equal findings are paired by number. A rejected file (header without
-- files) closes only what earlier rejected ones left: the data in use, and what was found in them,
-- are still those of the last accepted file.
CREATE OR REPLACE FUNCTION sync.run_findings(p_run bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
    v_slot stage.slot;
BEGIN
    SELECT * INTO v_slot FROM stage.slot s WHERE s.run_id = p_run;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS105', MESSAGE = format('run %s has no slot', p_run);
    END IF;

    WITH found AS MATERIALIZED (
        SELECT f.severity, f.code, f.file, f.line, f.column_name, f.sourced_id, f.message, f.count,
               row_number() OVER (PARTITION BY f.severity, f.code, f.file, f.column_name, f.sourced_id, f.message, f.count
                                  ORDER BY f.line) AS nth
        FROM stage.finding f WHERE f.slot = v_slot.slot
    ), standing AS MATERIALIZED (
        SELECT f.finding_id, f.severity, f.code, f.file, f.column_name, f.sourced_id, f.message, f.count, r.state = 'rejected' AS of_rejected,
               row_number() OVER (PARTITION BY f.severity, f.code, f.file, f.column_name, f.sourced_id, f.message, f.count
                                  ORDER BY f.finding_id) AS nth
        FROM rosterd.finding f LEFT JOIN rosterd.run r ON r.run_id = f.run_id AND r.district_id = v_run.district_id
        WHERE f.district_id = v_run.district_id AND f.closed_by_run IS NULL AND f.origin = 'file'
    ), closed AS (
        UPDATE rosterd.finding AS f SET closed_by_run = p_run, closed_at = clock_timestamp()
        FROM standing s
        WHERE f.finding_id = s.finding_id AND (v_slot.files IS NOT NULL OR s.of_rejected)
          AND NOT EXISTS (SELECT FROM found n
                          WHERE (n.severity, n.code, n.message, n.count, n.nth) = (s.severity, s.code, s.message, s.count, s.nth)
                            AND (n.file, n.column_name, n.sourced_id) IS NOT DISTINCT FROM (s.file, s.column_name, s.sourced_id))
    )
    INSERT INTO rosterd.finding (district_id, run_id, severity, code, file, line, column_name, sourced_id, message, count, origin)
    SELECT v_run.district_id, p_run, n.severity, n.code, n.file, n.line, n.column_name, n.sourced_id, n.message, n.count, 'file'
    FROM found n
    WHERE NOT EXISTS (SELECT FROM standing s
                      WHERE (n.severity, n.code, n.message, n.count, n.nth) = (s.severity, s.code, s.message, s.count, s.nth)
                        AND (n.file, n.column_name, n.sourced_id) IS NOT DISTINCT FROM (s.file, s.column_name, s.sourced_id))
    ORDER BY n.file, n.line;
END
$function$;

COMMENT ON FUNCTION sync.run_findings(bigint) IS
    'Copies what the worker found in the file from the run''s slot to rosterd.finding, and closes what the file before had and this one has not. Again for the same slot: nothing more.';
REVOKE ALL ON FUNCTION sync.run_findings(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_findings(bigint) TO rosterd_daemon;
