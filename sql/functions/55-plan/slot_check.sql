-- The leaves are unlogged and empty after a crash, the header is not. Without this an empty slot would
-- read as "everybody left".
CREATE OR REPLACE FUNCTION sync.slot_check(p_slot smallint, p_header jsonb, p_found jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_table text;
    v_rows text;
BEGIN
    FOR v_table, v_rows IN SELECT * FROM jsonb_each_text(p_header) LOOP
        IF v_table <> 'finding' AND coalesce(p_found ->> v_table, '0') <> v_rows THEN
            RAISE EXCEPTION USING ERRCODE = 'RS104',
                MESSAGE = format('slot %s should hold %s rows of %s and holds %s', p_slot, v_rows, v_table, coalesce(p_found ->> v_table, '0'));
        END IF;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.slot_check(smallint, jsonb, jsonb) IS 'RS104 if a slot does not hold what its header says (SAFE-7). Findings are added to by the plan and not counted.';
REVOKE ALL ON FUNCTION sync.slot_check(smallint, jsonb, jsonb) FROM PUBLIC;
