CREATE OR REPLACE FUNCTION rosterd.finding_tally() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO rosterd.tally AS t (district_id, errors, warnings, infos)
        SELECT n.district_id,
               coalesce(sum(n.count) FILTER (WHERE n.severity = 'error'), 0),
               coalesce(sum(n.count) FILTER (WHERE n.severity = 'warning'), 0),
               coalesce(sum(n.count) FILTER (WHERE n.severity = 'info'), 0)
        FROM new_rows n WHERE n.closed_by_run IS NULL GROUP BY n.district_id
        ON CONFLICT (district_id) DO UPDATE
        SET errors = t.errors + excluded.errors, warnings = t.warnings + excluded.warnings, infos = t.infos + excluded.infos;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE rosterd.tally AS t
        SET errors = t.errors - o.errors, warnings = t.warnings - o.warnings, infos = t.infos - o.infos
        FROM (SELECT r.district_id,
                     coalesce(sum(r.count) FILTER (WHERE r.severity = 'error'), 0) AS errors,
                     coalesce(sum(r.count) FILTER (WHERE r.severity = 'warning'), 0) AS warnings,
                     coalesce(sum(r.count) FILTER (WHERE r.severity = 'info'), 0) AS infos
              FROM old_rows r WHERE r.closed_by_run IS NULL GROUP BY r.district_id) o
        WHERE t.district_id = o.district_id;
    END IF;
    RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER finding_tally_insert AFTER INSERT ON rosterd.finding
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rosterd.finding_tally();
CREATE OR REPLACE TRIGGER finding_tally_update AFTER UPDATE ON rosterd.finding
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rosterd.finding_tally();
CREATE OR REPLACE TRIGGER finding_tally_delete AFTER DELETE ON rosterd.finding
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION rosterd.finding_tally();

COMMENT ON FUNCTION rosterd.finding_tally() IS
    'Keeps rosterd.tally in step with the open findings, once a statement, so that an overview of thousands of districts need not count them.';
REVOKE ALL ON FUNCTION rosterd.finding_tally() FROM PUBLIC;
