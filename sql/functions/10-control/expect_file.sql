-- The usual interval is the second longest of the last ten: the longest is often a holiday's. Two days
-- at least, so that one missed night is no alarm; four while too little is known, for a weekend is three.
CREATE OR REPLACE FUNCTION sync.expect_file(p_district bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO rosterd.expected AS e (district_id, last_file_at, late_at)
    SELECT p_district, came.last_at,
           came.last_at + CASE WHEN came.intervals >= 6 THEN greatest(interval '2 days', 1.5 * came.usual) ELSE interval '4 days' END
    FROM (
        SELECT max(g.at) AS last_at, count(g.gap) AS intervals, (array_agg(g.gap ORDER BY g.gap DESC) FILTER (WHERE g.gap IS NOT NULL))[2] AS usual
        FROM (
            SELECT f.at, f.gap FROM (
                SELECT file.at, file.at - lag(file.at) OVER (ORDER BY file.at) AS gap
                FROM (SELECT min(r.created_at) AS at
                      FROM (SELECT x.created_at, x.file_name, x.file_mtime, x.file_sha256 FROM rosterd.run x
                            WHERE x.district_id = p_district AND x.file_sha256 IS NOT NULL AND x.cause <> 'approval'
                            ORDER BY x.run_id DESC LIMIT 40) r
                      GROUP BY r.file_name, r.file_mtime, r.file_sha256) file) f
            WHERE f.gap IS NULL OR f.gap > interval '1 hour'
            ORDER BY f.at DESC LIMIT 10) g) came
    WHERE came.last_at IS NOT NULL
    ON CONFLICT (district_id) DO UPDATE SET last_file_at = excluded.last_file_at, late_at = excluded.late_at;
$function$;

COMMENT ON FUNCTION sync.expect_file(bigint) IS
    'Notes that a file came, and from when on the next one is late: half as long again after what is usual for the district, by its last files.';
REVOKE ALL ON FUNCTION sync.expect_file(bigint) FROM PUBLIC;
