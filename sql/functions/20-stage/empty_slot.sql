-- TRUNCATE gives the space back but costs an fsync a table and waits for whoever reads the leaf, a
-- running pg_dump for one. So it is for leaves that have grown; the others are emptied row by row. A
-- plan's leaves count as grown sooner: every run reads each of them a dozen times, with the pages the
-- district before has left there, and only the night of a bulk file fills them.
CREATE OR REPLACE FUNCTION stage.empty_slot(p_tables text[], p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $function$
DECLARE
    v_table text;
    v_small bigint;
BEGIN
    FOREACH v_table IN ARRAY p_tables LOOP
        v_small := 1024 * CASE WHEN v_table LIKE 'stage.%' THEN 1024 ELSE 128 END;
        v_table := v_table || '_' || p_slot;
        IF pg_relation_size(v_table::regclass) > v_small THEN
            BEGIN
                EXECUTE 'TRUNCATE ' || v_table;
                CONTINUE;
            EXCEPTION WHEN lock_not_available THEN
                NULL;
            END;
        END IF;
        EXECUTE 'DELETE FROM ' || v_table;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION stage.empty_slot(text[], smallint) IS 'Empties one slot''s leaves of the named tables: large ones by TRUNCATE, small or busy ones by DELETE.';
REVOKE ALL ON FUNCTION stage.empty_slot(text[], smallint) FROM PUBLIC;
