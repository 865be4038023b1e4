-- Rows that the worker could not use, and those that the delta set aside. A few are every district's;
-- many say that the export is broken, and then what the other rows say is not to be trusted either.
CREATE OR REPLACE FUNCTION sync.guard_bad_rows(p_slot smallint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    WITH file AS (
        SELECT f.key AS name, (f.value ->> 'rows')::bigint AS rows, d.bad_rows_limit_percent AS percent,
               coalesce((f.value ->> 'bad')::bigint, 0)
               + coalesce((SELECT sum(g.count) FROM stage.finding g
                           WHERE g.slot = p_slot AND g.file = f.key AND g.code IN ('record.duplicate', 'class.school')), 0) AS bad
        FROM sync.scope v
        JOIN stage.slot s ON s.slot = v.slot
        JOIN rosterd.district d ON d.district_id = (SELECT v.district_id)
        CROSS JOIN LATERAL jsonb_each(s.files) f
        WHERE v.slot = p_slot AND v.staged AND (f.value ->> 'present')::boolean
    )
    SELECT coalesce(array_agg(format('%s of %s rows of %s cannot be used', to_char(f.bad, 'FM999,999,999'), to_char(f.rows, 'FM999,999,999'), f.name)
                              ORDER BY f.bad DESC, f.name), '{}')
    FROM file f WHERE f.bad > greatest(10, f.rows * f.percent / 100));
END
$function$;

COMMENT ON FUNCTION sync.guard_bad_rows(smallint) IS
    'The files of which more rows cannot be used than the district''s limit allows, as sentences: bad_rows_limit_percent, and 10 at least (SAFE-1).';
REVOKE ALL ON FUNCTION sync.guard_bad_rows(smallint) FROM PUBLIC;
