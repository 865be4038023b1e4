-- A complete file says again who is gone; one with changes only does not, so that what waits from the
-- file before has to be put to the guard again. What this file names is news instead.
CREATE OR REPLACE FUNCTION sync.delta_pending(p_slot smallint, p_district bigint, p_kinds text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_kind text;
BEGIN
    IF NOT EXISTS (SELECT FROM stage.slot s CROSS JOIN LATERAL jsonb_each(s.files) f WHERE s.slot = p_slot AND f.value ->> 'mode' = 'delta') THEN
        RETURN;
    END IF;
    FOREACH v_kind IN ARRAY p_kinds LOOP
        CONTINUE WHEN NOT EXISTS (
            SELECT FROM stage.slot s WHERE s.slot = p_slot AND s.files -> sync.file_of(v_kind) ->> 'mode' = 'delta'
                                       AND sync.is_readable(p_slot, CASE v_kind WHEN 'link' THEN 'person' ELSE v_kind END));
        IF v_kind = 'link' THEN
            INSERT INTO sync.delta_link (slot, op, student, guardian, by_student, by_guardian, both_needed)
            SELECT p_slot, 'changed', m.student, m.guardian, false, false, m.both_needed
            FROM sis.link m
            WHERE m.district_id = (SELECT p_district) AND m.loss_withheld
              AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id IN (m.student, m.guardian))
              AND NOT EXISTS (SELECT FROM sync.delta_link d WHERE d.slot = p_slot AND d.student = m.student AND d.guardian = m.guardian);
        ELSE
            EXECUTE format($query$
                INSERT INTO sync.%1$I (slot, op, sourced_id)
                SELECT $1, 'gone', m.sourced_id FROM sis.%2$I m
                WHERE m.district_id = $2 AND m.loss_withheld
                  AND NOT EXISTS (SELECT FROM stage.%2$I s WHERE s.slot = $1 AND s.sourced_id = m.sourced_id)
                  AND NOT EXISTS (SELECT FROM sync.%1$I d WHERE d.slot = $1 AND d.sourced_id = m.sourced_id)
                  AND NOT EXISTS (SELECT FROM sync.delta_kept k WHERE k.slot = $1 AND k.kind = $3 AND k.sourced_id = m.sourced_id)
                $query$, 'delta_' || v_kind, v_kind) USING p_slot, p_district, v_kind;
        END IF;
    END LOOP;
    UPDATE sync.delta_enrollment d SET person = m.person
    FROM sis.enrollment m
    WHERE d.slot = p_slot AND d.person IS NULL AND m.district_id = (SELECT p_district) AND m.sourced_id = d.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.delta_pending(smallint, bigint, text[]) IS
    'Adds to the delta of a file with changes only what waits from earlier files: a delta on top of a held bulk does not lose it (SAFE-4).';
REVOKE ALL ON FUNCTION sync.delta_pending(smallint, bigint, text[]) FROM PUBLIC;
