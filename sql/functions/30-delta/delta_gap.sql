-- A package that was not used may have said anything of any file, so every delta that came after it builds
-- on what nobody has. It is made good by the same file, used after all, and by one of the same name, which is
-- how a district uploads a damaged one again; not where every night's file has that name.
CREATE OR REPLACE FUNCTION sync.delta_gap(p_slot smallint, p_run bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH this AS (
        SELECT r.district_id, sync.run_came_at(p_run) AS came_at FROM rosterd.run r WHERE r.run_id = p_run
    ), wanted AS MATERIALIZED (
        -- the last complete file may have come again since, as it was
        SELECT f.key AS file, coalesce((SELECT max(a.run_id) FROM rosterd.run c
                                        JOIN rosterd.run a ON a.district_id = c.district_id AND a.file_sha256 = c.file_sha256 AND a.state = 'unchanged'
                                        WHERE c.run_id = (j.complete ->> f.key)::bigint AND a.run_id > c.run_id),
                                       (j.complete ->> f.key)::bigint, 0) AS complete_run
        FROM stage.slot s
        CROSS JOIN LATERAL jsonb_each(s.files) f
        CROSS JOIN this t
        JOIN sis.judged j ON j.district_id = t.district_id
        WHERE s.slot = p_slot AND (f.value ->> 'present')::boolean AND f.value ->> 'mode' = 'delta'
    ), lost AS MATERIALIZED (
        SELECT r.run_id, format('run %s %s', r.run_id, CASE r.state WHEN 'rejected' THEN format('was rejected (%s)', r.reason)
                                                       WHEN 'refused' THEN 'was refused' ELSE 'was only shown (preview_only)' END) AS words
        FROM this t
        JOIN rosterd.district d ON d.district_id = t.district_id
        JOIN rosterd.run r ON r.district_id = t.district_id
        WHERE r.file_name IS NOT NULL AND r.run_id < t.came_at
          AND r.run_id > (SELECT min(w.complete_run) FROM wanted w)
          AND (r.state = 'refused' OR (r.state = 'rejected' AND r.reason <> 'roster.empty') OR (r.state = 'previewed' AND NOT d.preview_only))
          AND NOT EXISTS (
              SELECT FROM rosterd.run a
              WHERE a.district_id = r.district_id AND (a.run_id = p_run OR a.state IN ('done', 'unchanged'))
                AND (a.file_sha256 = r.file_sha256
                     OR (a.run_id > r.run_id AND a.file_name = r.file_name
                         AND NOT EXISTS (SELECT FROM rosterd.run b WHERE b.district_id = r.district_id AND b.file_name = r.file_name
                                         AND b.run_id < r.run_id AND b.file_sha256 IS DISTINCT FROM r.file_sha256 AND b.state <> 'rejected'))))
    )
    SELECT format('%s, and no complete (bulk) file came since of %s', (SELECT l.words FROM lost l ORDER BY l.run_id LIMIT 1), string_agg(w.file, ', ' ORDER BY w.file))
    FROM wanted w
    WHERE w.complete_run < (SELECT max(l.run_id) FROM lost l)
    HAVING count(*) > 0
$function$;

COMMENT ON FUNCTION sync.delta_gap(smallint, bigint) IS
    'What is missing between the last complete files and the delta files of a package: NULL, or a sentence naming the first package that was not used, and the files that have to come complete (SAFE-1).';
REVOKE ALL ON FUNCTION sync.delta_gap(smallint, bigint) FROM PUBLIC;
