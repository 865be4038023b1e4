-- A file whose losses wait in part has not been applied: brought again, it is judged again (SAFE-3).
-- A file of a kind counts as had once any accepted package had it: absent twice is still absent (SAFE-2).
-- A delta is remembered until complete files of all its kinds have come: until then it must not be
-- applied again on top of later ones.
CREATE OR REPLACE FUNCTION sync.apply_judged(p_slot smallint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH read AS MATERIALIZED (
        SELECT f.key AS file, f.value ->> 'mode' AS mode, s.file_sha256
        FROM stage.slot s CROSS JOIN LATERAL jsonb_each(s.files) f
        WHERE s.slot = p_slot AND (f.value ->> 'present')::boolean
    )
    INSERT INTO sis.judged AS j (district_id, run_id, judged_on, settings_version, rules_version, file_sha256, files, token, modes, deltas, complete, reading)
    SELECT v.district_id, v.run_id, v.today, v.settings_version, sync.rules_version(),
           CASE v.verdict WHEN 'withhold' THEN '' ELSE s.file_sha256 END, coalesce(s.files, '{}'), gen_random_uuid(),
           coalesce((SELECT jsonb_object_agg(r.file, coalesce(r.mode, 'bulk')) FROM read r), '{}'),
           coalesce((SELECT jsonb_build_object(r.file_sha256, jsonb_agg(r.file)) FROM read r WHERE r.mode = 'delta' AND v.verdict IS DISTINCT FROM 'withhold' GROUP BY r.file_sha256), '{}'),
           coalesce((SELECT jsonb_object_agg(r.file, sync.run_came_at(v.run_id)) FROM read r WHERE coalesce(r.mode, 'bulk') = 'bulk'), '{}'),
           CASE WHEN s.file_sha256 IS NOT NULL THEN sync.reading(d) END
    FROM sync.scope v JOIN stage.slot s ON s.slot = v.slot JOIN rosterd.district d ON d.district_id = v.district_id
    WHERE v.slot = p_slot
    ON CONFLICT (district_id) DO UPDATE
    SET run_id = excluded.run_id, judged_on = excluded.judged_on, settings_version = excluded.settings_version,
        rules_version = excluded.rules_version, token = excluded.token, file_sha256 = nullif(coalesce(excluded.file_sha256, j.file_sha256), ''),
        reading = coalesce(excluded.reading, j.reading), modes = j.modes || excluded.modes, complete = j.complete || excluded.complete,
        deltas = coalesce((SELECT jsonb_object_agg(d.key, d.value)
                           FROM (SELECT o.key, o.value - ARRAY(SELECT r.file FROM read r WHERE coalesce(r.mode, 'bulk') = 'bulk') AS value
                                 FROM jsonb_each(j.deltas) o) d
                           WHERE d.value <> '[]'), '{}') || excluded.deltas,
        files = coalesce((SELECT jsonb_object_agg(coalesce(n.key, o.key),
                                 jsonb_build_object('present', coalesce((n.value ->> 'present')::boolean, false) OR coalesce((o.value ->> 'present')::boolean, false)))
                          FROM jsonb_each(excluded.files) n FULL JOIN jsonb_each(j.files) o ON o.key = n.key), '{}')
$function$;

COMMENT ON FUNCTION sync.apply_judged(smallint) IS 'Notes by which file, settings, rules and date the district was judged last (UPD-6).';
REVOKE ALL ON FUNCTION sync.apply_judged(smallint) FROM PUBLIC;
