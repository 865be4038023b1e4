CREATE OR REPLACE FUNCTION sync.guard_give_back(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_kind text;
BEGIN
    FOREACH v_kind IN ARRAY ARRAY['org', 'class', 'person', 'link', 'enrollment'] LOOP
        EXECUTE format('INSERT INTO sync.%1$I SELECT (jsonb_populate_record(NULL::sync.%1$I, w.line)).* FROM sync.delta_withheld w WHERE w.slot = $1 AND w.kind = $2',
                       'delta_' || v_kind) USING p_slot, v_kind;
    END LOOP;
    DELETE FROM sync.delta_withheld w WHERE w.slot = p_slot;
    DELETE FROM sync.delta_item i WHERE i.slot = p_slot;
    DELETE FROM sync.delta_same s WHERE s.slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.guard_give_back(smallint) IS 'Makes the delta whole again: what the guard took out of it or read into it is undone.';
REVOKE ALL ON FUNCTION sync.guard_give_back(smallint) FROM PUBLIC;
