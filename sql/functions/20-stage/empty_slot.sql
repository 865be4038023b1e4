-- TRUNCATE gives the space back but costs an fsync a table and waits for whoever reads the leaf, a
-- running pg_dump for one. So it is for leaves that have grown; the others are emptied row by row. Autovacuum
-- makes way for who has waited a second. Whoever does not holds the other leaves too: they are not waited for.
CREATE OR REPLACE FUNCTION stage.empty_slot(p_tables text[], p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $function$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY p_tables LOOP
        IF stage.has_grown(v_table, p_slot) THEN
            BEGIN
                EXECUTE format('TRUNCATE %s_%s', v_table, p_slot);
                CONTINUE;
            EXCEPTION WHEN lock_not_available THEN
                PERFORM set_config('lock_timeout', '1ms', true);
            END;
        END IF;
        EXECUTE format('DELETE FROM %s_%s', v_table, p_slot);
    END LOOP;
END
$function$;

COMMENT ON FUNCTION stage.empty_slot(text[], smallint) IS 'Empties one slot''s leaves of the named tables: large ones by TRUNCATE, small or busy ones by DELETE.';
REVOKE ALL ON FUNCTION stage.empty_slot(text[], smallint) FROM PUBLIC;
