CREATE OR REPLACE FUNCTION sync.explain_file(p_district bigint, p_sourced_id text)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 10, 'record', CASE WHEN m.loss_withheld THEN 'withheld' WHEN m.live THEN 'present' ELSE 'gone' END,
           CASE WHEN m.loss_withheld THEN 'The file does not have it any more; that is held for a decision, so it counts as present.'
                WHEN m.live THEN format('In users.csv, line %s of the file of run %s, which was the last to read a change of it%s.',
                                        coalesce(m.line::text, 'unknown'), m.changed_by_run, coalesce(to_char(r.created_at, ' (YYYY-MM-DD)'), ''))
                ELSE format('Not in users.csv since run %s%s; before, it was line %s.',
                            m.changed_by_run, coalesce(to_char(r.created_at, ' (YYYY-MM-DD)'), ''), coalesce(m.line::text, 'unknown')) END
    FROM sis.person m LEFT JOIN rosterd.run r ON r.run_id = m.changed_by_run
    WHERE m.district_id = p_district AND m.sourced_id = p_sourced_id
    UNION ALL
    SELECT 10, 'record', 'unknown', 'No accepted file of this district had this sourcedId in users.csv.'
    WHERE NOT EXISTS (SELECT FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = p_sourced_id)
    UNION ALL
    SELECT 12, 'held run', 'waits', format('Run %s waits for a decision since %s; what it would bring or take is not counted here. Look at it with: rosterctl plan %s',
                                           h.run_id, h.since::date, h.run_id)
    FROM rosterd.hold h WHERE h.district_id = p_district AND h.closed_at IS NULL
    UNION ALL
    SELECT 11, 'row', f.code, format('users.csv%s, since run %s: %s', coalesce(', line ' || f.line, ''), f.run_id, f.message)
    FROM rosterd.finding f
    WHERE f.district_id = p_district AND f.closed_by_run IS NULL AND f.origin = 'file' AND f.file = 'users.csv' AND f.sourced_id = p_sourced_id
$function$;

COMMENT ON FUNCTION sync.explain_file(bigint, text) IS 'What the files say of a record: there, gone, withheld, never seen; and rows of it that could not be used.';
REVOKE ALL ON FUNCTION sync.explain_file(bigint, text) FROM PUBLIC;
