CREATE OR REPLACE FUNCTION sync.slot_rows(p_tables text[], p_slot smallint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_table text;
    v_count bigint;
    v_rows jsonb := '{}';
BEGIN
    FOREACH v_table IN ARRAY p_tables LOOP
        EXECUTE 'SELECT count(*) FROM ' || v_table || '_' || p_slot INTO v_count;
        v_rows := v_rows || jsonb_build_object(split_part(v_table, '.', 2), v_count);
    END LOOP;
    RETURN v_rows;
END
$function$;

COMMENT ON FUNCTION sync.slot_rows(text[], smallint) IS 'How many rows the slot''s leaves of these tables hold now.';
REVOKE ALL ON FUNCTION sync.slot_rows(text[], smallint) FROM PUBLIC;
