-- When a large district's run has ended: the next one in its slot need not wait until the leaves are
-- empty, the disk is given back, and records of children lie there no longer than they are needed. A leaf that
-- somebody reads is left to the slot's next run.
CREATE OR REPLACE FUNCTION sync.slot_shrink() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $function$
DECLARE
    v_tables CONSTANT text[] := sync.slot_tables('staged') || sync.slot_tables('delta') || sync.slot_tables('judged');
    v_slot smallint;
    v_table text;
BEGIN
    FOR v_slot IN SELECT s.slot FROM stage.slot s
                  WHERE s.run_id IS NULL AND EXISTS (SELECT FROM unnest(v_tables) AS t (name) WHERE stage.has_grown(t.name, s.slot))
                  ORDER BY s.slot FOR UPDATE SKIP LOCKED LOOP
        FOREACH v_table IN ARRAY v_tables LOOP
            IF stage.has_grown(v_table, v_slot) THEN
                BEGIN
                    EXECUTE format('TRUNCATE %s_%s', v_table, v_slot);
                EXCEPTION WHEN lock_not_available THEN
                    NULL;
                END;
            END IF;
        END LOOP;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.slot_shrink() IS 'Empties what has grown in slots that no run has.';
REVOKE ALL ON FUNCTION sync.slot_shrink() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.slot_shrink() TO rosterd_daemon;
