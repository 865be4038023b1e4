-- A family is a student and the guardians of the last accepted relationships, added or not. It acts in
-- the run in which the last of them goes: families that left before the setting stay as they were.
CREATE OR REPLACE FUNCTION sync.judge_abandoned(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF v.abandonment <> 'extreme' THEN
        RETURN;
    END IF;
    INSERT INTO sync.plan_abandoned (slot, account)
    SELECT p_slot, f.account
    FROM (SELECT s.account, s.sourced_id, s.live FROM sync.after_person s
          WHERE s.slot = p_slot AND s.is_student AND s.account IS NOT NULL
          UNION ALL
          SELECT s.account, g.sourced_id, g.live
          FROM sync.after_link l
          JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student AND s.is_student AND s.account IS NOT NULL
          JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian
          WHERE l.slot = p_slot AND l.stands) f
    LEFT JOIN sync.delta_person d ON d.slot = p_slot AND d.sourced_id = f.sourced_id AND d.op = 'gone'
    LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = f.account
    WHERE n.id IS NULL
    GROUP BY f.account
    HAVING NOT bool_or(f.live) AND bool_or(d.op IS NOT NULL);
END
$function$;

COMMENT ON FUNCTION sync.judge_abandoned(smallint) IS 'Families that this run abandons for good, by the district''s setting (ABN-1, ABN-E1, ABN-E4).';
REVOKE ALL ON FUNCTION sync.judge_abandoned(smallint) FROM PUBLIC;
