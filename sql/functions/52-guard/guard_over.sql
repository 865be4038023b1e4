-- Everything of two or more is over at any limit. What is in use is counted for those kinds only of which
-- so many are lost or added that it matters, and only where a look does not show that there is enough of it.
CREATE OR REPLACE FUNCTION sync.guard_over(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district rosterd.district;
BEGIN
    SELECT d.* INTO STRICT v_district FROM sync.scope s JOIN rosterd.district d ON d.district_id = s.district_id WHERE s.slot = p_slot;
    DELETE FROM sync.plan_over o WHERE o.slot = p_slot;
    INSERT INTO sync.plan_over (slot, what, kind, school_id, n)
    WITH counted AS MATERIALIZED (
        SELECT i.what, i.kind, i.school_id, count(*) AS n FROM sync.plan_item i
        WHERE i.slot = p_slot AND i.what IN ('loss', 'renumbered', 'addition') AND i.school_id <> 0 GROUP BY i.what, i.kind, i.school_id
        UNION ALL
        SELECT i.what, i.kind, 0, count(DISTINCT i.item) FROM sync.plan_item i
        WHERE i.slot = p_slot AND i.what IN ('loss', 'renumbered', 'addition') GROUP BY i.what, i.kind
    ), judged AS MATERIALIZED (
        SELECT c.*, l.most, l.percent, c.n > l.most AS is_many, c.what <> 'addition' AND c.n >= 2 AS may_be_all
        FROM counted c
        CROSS JOIN LATERAL (SELECT CASE c.what WHEN 'addition' THEN sync.change_limit_min() ELSE v_district.removal_limit_min END AS most,
                                   CASE c.what WHEN 'addition' THEN v_district.change_limit_percent ELSE v_district.removal_limit_percent END AS percent) l
    ), asked AS MATERIALIZED (
        SELECT j.*, CASE WHEN NOT j.is_many THEN j.n + 1 WHEN j.percent > 0 THEN greatest(ceil(j.n * 100 / j.percent)::bigint, j.n + 1) END AS need
        FROM judged j
        WHERE (j.is_many OR j.may_be_all)
          -- a district's first run has everything to add
          AND (j.what <> 'addition' OR EXISTS (SELECT FROM sis.judged d WHERE d.district_id = v_district.district_id))
    ), enough AS MATERIALIZED (
        SELECT DISTINCT l.kind, l.school_id, l.need
        FROM (SELECT array_agg(a.kind) AS kinds, array_agg(a.school_id) AS schools, array_agg(a.need) AS needs FROM asked a) x
        CROSS JOIN LATERAL sync.live_at_least(v_district.district_id, x.kinds, x.schools, x.needs) l
    ), doubtful AS MATERIALIZED (
        SELECT a.* FROM asked a
        LEFT JOIN enough e ON e.kind = a.kind AND e.school_id = a.school_id AND e.need = a.need
        WHERE e.kind IS NULL
    )
    SELECT p_slot, j.what, j.kind, j.school_id, j.n
    FROM doubtful j
    LEFT JOIN sync.live_counts(v_district.district_id, ARRAY(SELECT DISTINCT x.kind FROM doubtful x)) l ON l.kind = j.kind AND l.school_id = j.school_id
    WHERE j.is_many AND j.n * 100 > j.percent * coalesce(l.live, 0) OR j.may_be_all AND j.n >= coalesce(l.live, 0);
END
$function$;

COMMENT ON FUNCTION sync.guard_over(smallint) IS
    'Which kinds lose or gain more than the district''s limits allow, at a school or in the district (SAFE-3, SAFE-9).';
REVOKE ALL ON FUNCTION sync.guard_over(smallint) FROM PUBLIC;
