-- The delta's findings are about rows of the file, like the worker's, so they go where the worker's
-- go and stand and fall with them. A kind of mistake that fills a file is told a thousand times and
-- then counted. What they are about is sent again every night: next to it something may change that
-- ends the finding.
CREATE OR REPLACE FUNCTION sync.delta_finding(p_slot smallint, p_severity text, p_code text, p_kind text, p_message text,
                                              p_lines bigint[], p_ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO sync.delta_unsettled (slot, kind, sourced_id)
    SELECT p_slot, p_kind, i FROM unnest(p_ids) AS i WHERE p_kind IN ('class', 'person', 'enrollment') AND i IS NOT NULL;
    INSERT INTO stage.finding (slot, severity, code, file, line, sourced_id, message, count)
    SELECT p_slot, p_severity, p_code, sync.file_of(p_kind), f.line, f.sourced_id, p_message, 1
    FROM unnest(p_lines, p_ids) WITH ORDINALITY AS f (line, sourced_id, n) WHERE f.n <= 1000
    UNION ALL
    SELECT p_slot, p_severity, p_code, sync.file_of(p_kind), NULL, NULL, p_message, cardinality(p_lines) - 1000
    WHERE cardinality(p_lines) > 1000;
END
$function$;

COMMENT ON FUNCTION sync.delta_finding(smallint, text, text, text, text, bigint[], text[]) IS
    'Adds one finding a row to those of the file: 1,000 of a code, then their number. All the records are unsettled.';
REVOKE ALL ON FUNCTION sync.delta_finding(smallint, text, text, text, text, bigint[], text[]) FROM PUBLIC;
