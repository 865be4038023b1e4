-- Of a record that is not withheld any more the file says again that it is there, or its loss was
-- applied. Without a file, or one of that kind, nothing is news, and what waits goes on waiting.
CREATE OR REPLACE FUNCTION sync.apply_withheld(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_kind text;
    v_key text;
    v_files jsonb;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.staged THEN
        RETURN;
    END IF;
    SELECT x.files INTO STRICT v_files FROM stage.slot x WHERE x.slot = p_slot;
    FOREACH v_kind IN ARRAY ARRAY['org', 'class', 'person', 'link', 'enrollment'] LOOP
        CONTINUE WHEN NOT coalesce((v_files -> sync.file_of(v_kind) ->> 'present')::boolean, false);
        v_key := CASE v_kind WHEN 'link' THEN 'm.student = w.sourced_id AND m.guardian = w.other' ELSE 'm.sourced_id = w.sourced_id' END;
        EXECUTE format($query$
            UPDATE sis.%1$I m SET loss_withheld = false, changed_by_run = $3
            WHERE m.district_id = $2 AND m.loss_withheld
              AND NOT EXISTS (SELECT FROM sync.delta_withheld w WHERE w.slot = $1 AND w.kind = %1$L AND w.gone AND %2$s)
            $query$, v_kind, v_key) USING p_slot, v.district_id, v.run_id;
        EXECUTE format($query$
            UPDATE sis.%1$I m SET loss_withheld = true, changed_by_run = $3
            FROM sync.delta_withheld w
            WHERE w.slot = $1 AND w.kind = %1$L AND w.gone AND m.district_id = $2 AND %2$s AND NOT m.loss_withheld
              AND ($4 OR %3$s = ANY ($5))
            $query$, v_kind, v_key, CASE v_kind WHEN 'link' THEN 'm.student' ELSE 'm.sourced_id' END)
        USING p_slot, v.district_id, v.run_id, v.whole,
              CASE WHEN NOT v.whole THEN ARRAY(SELECT w.sourced_id FROM sync.delta_withheld w WHERE w.slot = p_slot AND w.kind = v_kind) END;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.apply_withheld(smallint) IS 'Marks the records of the mirror whose loss waits for a decision, and takes the mark off the others (SAFE-3).';
REVOKE ALL ON FUNCTION sync.apply_withheld(smallint) FROM PUBLIC;
