-- A finding that is made again goes on standing from the run that first made it.
CREATE OR REPLACE FUNCTION sync.apply_findings(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    WITH standing AS MATERIALIZED (
        SELECT f.finding_id, f.severity, f.code, f.file, f.sourced_id, f.person_id, f.message FROM rosterd.finding f
        WHERE f.district_id = (SELECT v.district_id) AND f.closed_by_run IS NULL AND f.origin = 'rules'
          AND (v.whole OR f.file = 'classes.csv' AND f.sourced_id = ANY (v.classes) OR f.file IS DISTINCT FROM 'classes.csv' AND f.sourced_id = ANY (v.judged)
               OR f.person_id = ANY (v.judged_accounts))
    ), closed AS (
        UPDATE rosterd.finding f SET closed_by_run = v.run_id, closed_at = clock_timestamp()
        FROM standing s
        WHERE f.finding_id = s.finding_id
          AND NOT EXISTS (SELECT FROM sync.plan_finding p WHERE p.slot = p_slot AND p.code = s.code AND p.file = s.file
                            AND coalesce(p.sourced_id, '') = coalesce(s.sourced_id, '') AND coalesce(p.account, 0) = coalesce(s.person_id, 0)
                                                            AND p.severity = s.severity AND p.message = s.message)
    )
    INSERT INTO rosterd.finding (district_id, run_id, severity, code, file, column_name, sourced_id, person_id, message, origin)
    SELECT v.district_id, v.run_id, p.severity, p.code, p.file, p.column_name, p.sourced_id, p.account, p.message, 'rules'
    FROM sync.plan_finding p
    WHERE p.slot = p_slot
      AND NOT EXISTS (SELECT FROM standing s WHERE p.code = s.code AND p.file = s.file
                        AND coalesce(p.sourced_id, '') = coalesce(s.sourced_id, '') AND coalesce(p.account, 0) = coalesce(s.person_id, 0)
                                               AND p.severity = s.severity AND p.message = s.message)
    ORDER BY p.code, p.sourced_id, p.account;
END
$function$;

COMMENT ON FUNCTION sync.apply_findings(smallint) IS 'Closes findings that no longer hold and adds new ones (CRED-1, CRED-5, OFF-3).';
REVOKE ALL ON FUNCTION sync.apply_findings(smallint) FROM PUBLIC;
