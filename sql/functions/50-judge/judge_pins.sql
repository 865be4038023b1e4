-- What an undo put back stays until the SIS has something new about that person (their row, a
-- relationship, an enrollment) or class: from then on the SIS is followed again. Before duplicates are put together: a
-- pin that ends must not keep an account apart any more, or the same data again would move its records.
CREATE OR REPLACE FUNCTION sync.judge_pins(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT EXISTS (SELECT FROM sync.pin p WHERE p.district_id = (SELECT v.district_id)) THEN
        RETURN;
    END IF;
    INSERT INTO sync.plan_pin (slot, op, kind, id, frozen)
    WITH news AS (
        SELECT 'person' AS kind, p.account AS id
        FROM sync.after_person p
        JOIN (SELECT d.sourced_id FROM sync.delta_person d WHERE d.slot = p_slot
              UNION SELECT d.student FROM sync.delta_link d WHERE d.slot = p_slot
              UNION SELECT d.guardian FROM sync.delta_link d WHERE d.slot = p_slot
              UNION SELECT d.person FROM sync.delta_enrollment d WHERE d.slot = p_slot) d ON d.sourced_id = p.sourced_id
        WHERE p.slot = p_slot AND p.account IS NOT NULL
        UNION
        SELECT 'classroom', c.classroom_id
        FROM sync.after_class c JOIN sync.delta_class d ON d.slot = p_slot AND d.sourced_id = c.sourced_id
        WHERE c.slot = p_slot AND c.classroom_id IS NOT NULL
    )
    SELECT p_slot, CASE WHEN p.undo_run IS NOT NULL AND n.id IS NOT NULL THEN 'remove' ELSE 'keep' END, p.kind, p.id, p.undo_run IS NOT NULL
    FROM sync.pin p
    LEFT JOIN news n ON n.kind = p.kind AND n.id = p.id
    WHERE p.district_id = (SELECT v.district_id)
      AND (v.whole OR p.kind = 'person' AND p.id = ANY (v.accounts) OR p.kind = 'classroom' AND p.id = ANY (v.classrooms));
END
$function$;

COMMENT ON FUNCTION sync.judge_pins(smallint) IS 'Which pins of the scope hold, and which end because the SIS has changed what an undo had put back.';
REVOKE ALL ON FUNCTION sync.judge_pins(smallint) FROM PUBLIC;
