-- Which staged rows cannot be used, before anything is compared: rows the worker could not read (their
-- ids are in stage.bad), and ids that stand in several rows. Equal rows are one; rows that differ, or
-- one of which says that the record is gone, leave nobody knowing which is meant.
CREATE OR REPLACE FUNCTION sync.delta_unusable(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_kind text;
    v_lines bigint[];
    v_ids text[];
BEGIN
    -- distinct ids are counted by sorting, which is nothing where the file is sorted by them
    FOR v_kind IN
        SELECT b.kind FROM stage.bad b WHERE b.slot = p_slot
        UNION SELECT g.kind FROM stage.gone g WHERE g.slot = p_slot
        UNION SELECT 'org' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.org x WHERE x.slot = p_slot)
        UNION SELECT 'session' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.session x WHERE x.slot = p_slot)
        UNION SELECT 'class' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.class x WHERE x.slot = p_slot)
        UNION SELECT 'person' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.person x WHERE x.slot = p_slot)
        UNION SELECT 'enrollment' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.enrollment x WHERE x.slot = p_slot)
        UNION SELECT 'role' WHERE (SELECT count(x.sourced_id) > count(DISTINCT x.sourced_id) FROM stage.role x WHERE x.slot = p_slot)
    LOOP
        CONTINUE WHEN v_kind NOT IN ('org', 'session', 'class', 'person', 'enrollment', 'role');
        -- the rows of a complete roles.csv need no id
        CONTINUE WHEN v_kind = 'role' AND sync.may_remove(p_slot, v_kind);
        EXECUTE format($query$
            WITH twice AS MATERIALIZED (
                SELECT x.sourced_id FROM stage.%1$I x WHERE x.slot = $1 GROUP BY x.sourced_id HAVING count(*) > 1
            ), copies AS MATERIALIZED (
                SELECT x.sourced_id, x.line, min(x.line) OVER same AS first_line, to_jsonb(x) - 'line' AS content
                FROM stage.%1$I x JOIN twice USING (sourced_id) WHERE x.slot = $1
                WINDOW same AS (PARTITION BY x.sourced_id)
            ), differing AS MATERIALIZED (
                SELECT d.sourced_id, min(d.line) AS line
                FROM (SELECT c.sourced_id, min(c.line) AS line FROM copies c GROUP BY c.sourced_id HAVING count(DISTINCT c.content) > 1
                      UNION ALL
                      SELECT x.sourced_id, g.line FROM stage.gone g JOIN stage.%1$I x ON x.slot = $1 AND x.sourced_id = g.sourced_id
                      WHERE g.slot = $1 AND g.kind = $2) d
                GROUP BY d.sourced_id
            ), kept AS (
                INSERT INTO sync.delta_kept (slot, kind, sourced_id)
                SELECT $1, $2, d.sourced_id FROM differing d
                UNION
                SELECT $1, $2, b.sourced_id FROM stage.bad b WHERE b.slot = $1 AND b.kind = $2 AND b.sourced_id IS NOT NULL
                RETURNING sourced_id
            ), skipped AS (
                INSERT INTO sync.delta_skip (slot, kind, line)
                SELECT $1, $2, x.line FROM stage.%1$I x JOIN kept k USING (sourced_id) WHERE x.slot = $1
                UNION
                SELECT $1, $2, c.line FROM copies c WHERE c.line > c.first_line
            )
            SELECT array_agg(d.line ORDER BY d.line), array_agg(d.sourced_id ORDER BY d.line) FROM differing d
            $query$, v_kind)
        INTO v_lines, v_ids USING p_slot, v_kind;
        IF v_ids IS NOT NULL THEN
            PERFORM sync.delta_finding(p_slot, 'error', 'record.duplicate', v_kind,
                'Several rows have this sourcedId and differ, so none of them is used and the record stays as it was. Export one row a sourcedId.',
                v_lines, v_ids);
        END IF;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.delta_unusable(smallint) IS
    'Sets aside rows that cannot be used; their records count as present and unchanged (SAFE-1).';
REVOKE ALL ON FUNCTION sync.delta_unusable(smallint) FROM PUBLIC;
