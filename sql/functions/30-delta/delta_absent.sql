-- One finding a file that this package leaves out and an earlier accepted one had.
CREATE OR REPLACE FUNCTION sync.delta_absent(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO stage.finding (slot, severity, code, file, message, count)
    SELECT p_slot, 'warning', 'file.absent', f.name,
           'The file was in earlier packages and is absent from this one, so nothing of its kind was removed or changed. Export it again, empty with its header if there is nothing in it.', 1
    FROM sis.judged j
    CROSS JOIN LATERAL jsonb_each(j.files) AS f (name, was)
    JOIN stage.slot s ON s.slot = p_slot
    WHERE j.district_id = (SELECT p_district) AND (f.was ->> 'present')::boolean
      AND NOT coalesce((s.files -> f.name ->> 'present')::boolean, false);
END
$function$;

COMMENT ON FUNCTION sync.delta_absent(smallint, bigint) IS 'Files that are absent where an earlier package had them (SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_absent(smallint, bigint) FROM PUBLIC;
