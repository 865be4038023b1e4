-- For people who decide: never anybody's name or id. Every kind of the district, and the schools where
-- something would be taken away or added.
CREATE OR REPLACE FUNCTION sync.guard_shown(p_slot smallint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district rosterd.district;
BEGIN
    SELECT d.* INTO STRICT v_district FROM sync.scope s JOIN rosterd.district d ON d.district_id = s.district_id WHERE s.slot = p_slot;
    RETURN jsonb_build_object('words', sync.guard_words(p_slot), 'mapping', (
        SELECT jsonb_object_agg(m.kind, m.n) FROM (
            SELECT i.kind, count(DISTINCT i.item) AS n FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'renumbered' GROUP BY i.kind) m
        WHERE EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = 'renumbered')), 'kinds', (
        WITH kind (kind, nth) AS (
            VALUES ('students', 1), ('guardians', 2), ('guardianships', 3), ('teachers', 4), ('classrooms', 5), ('memberships', 6), ('invitees', 7)
        ), counted AS MATERIALIZED (
            SELECT i.kind, i.school_id, count(*) FILTER (WHERE i.what = 'loss') AS lost, count(*) FILTER (WHERE i.what = 'addition') AS added
            FROM sync.plan_item i WHERE i.slot = p_slot AND i.what IN ('loss', 'addition') AND i.school_id <> 0 GROUP BY i.kind, i.school_id
            UNION ALL
            SELECT k.kind, 0, count(DISTINCT i.item) FILTER (WHERE i.what = 'loss'), count(DISTINCT i.item) FILTER (WHERE i.what = 'addition')
            FROM kind k LEFT JOIN sync.plan_item i ON i.slot = p_slot AND i.kind = k.kind GROUP BY k.kind
        )
        SELECT jsonb_agg(jsonb_build_object(
                   'kind', c.kind, 'school_id', nullif(c.school_id, 0), 'school', o.name, 'in_use', u.live, 'in_file', f.n, 'lost', c.lost, 'added', c.added,
                   'removal_limit', CASE WHEN c.kind <> 'invitees' THEN
                       least(greatest(floor(u.live * v_district.removal_limit_percent / 100), v_district.removal_limit_min),
                             CASE WHEN u.live >= 2 THEN u.live - 1 END) END,
                   'change_limit', CASE WHEN c.kind NOT IN ('classrooms', 'memberships') THEN
                       greatest(floor(u.live * v_district.change_limit_percent / 100), sync.change_limit_min()) END,
                   'over', (SELECT string_agg(CASE w.what WHEN 'loss' THEN 'removals' ELSE 'additions' END, ', ' ORDER BY w.what DESC)
                            FROM sync.plan_over w WHERE w.slot = p_slot AND w.kind = c.kind AND w.school_id = c.school_id AND w.what <> 'renumbered'))
               ORDER BY k.nth, c.school_id <> 0, o.name, c.school_id)
        FROM counted c
        JOIN kind k USING (kind)
        LEFT JOIN sync.after_org o ON o.slot = p_slot AND o.school_id = c.school_id
        LEFT JOIN sync.guard_in_file(p_slot) f ON f.kind = c.kind AND f.school_id = c.school_id
        LEFT JOIN sync.live_counts(v_district.district_id, ARRAY(SELECT k.kind FROM kind k)) l ON l.kind = c.kind AND l.school_id = c.school_id
        CROSS JOIN LATERAL (SELECT coalesce(l.live, 0) AS live) u));
END
$function$;

COMMENT ON FUNCTION sync.guard_shown(smallint) IS
    'What a plan would do, for people: {"words": [sentences], "kinds": [{"kind", "school", "in_use", "in_file", "lost", "removal_limit", "added", "change_limit", "over"}], "mapping": {"students": n} or null} (SAFE-4, SAFE-6).';
REVOKE ALL ON FUNCTION sync.guard_shown(smallint) FROM PUBLIC;
