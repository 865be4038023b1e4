CREATE OR REPLACE FUNCTION sync.plan_filled(p_slot smallint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_table text;
    v_found boolean;
    v_filled text[] := '{}';
BEGIN
    FOREACH v_table IN ARRAY sync.slot_tables('delta') || sync.slot_tables('judged') LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || v_table || '_' || p_slot || ')' INTO v_found;
        IF v_found THEN
            v_filled := v_filled || v_table;
        END IF;
    END LOOP;
    RETURN v_filled;
END
$function$;

COMMENT ON FUNCTION sync.plan_filled(smallint) IS
    'Which tables of the slot''s plan hold rows. The leaves are unlogged: a crash leaves all of a leaf or nothing of it, so nothing needs to be counted (SAFE-7).';
REVOKE ALL ON FUNCTION sync.plan_filled(smallint) FROM PUBLIC;
