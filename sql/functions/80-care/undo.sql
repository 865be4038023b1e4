-- A run of its own, behind the closed gate like any other. What the undone run added stays: it is in the
-- SIS, and the next run would bring it in again.
CREATE OR REPLACE FUNCTION rosterd.undo(p_run bigint, p_preview boolean)
RETURNS TABLE (relation text, what text, verdict text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.undo_check(p_run);
    v_district CONSTANT bigint := v_run.district_id;
    v_undo bigint;
    v_items jsonb;
    v_back bigint[];
BEGIN
    IF coalesce(p_preview, true) THEN
        PERFORM sync.enter_gate(v_district);
    ELSE
        PERFORM sync.shut_gate(v_district);
        PERFORM sync.undo_check(p_run);
    END IF;
    SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]'), coalesce(array_agg(i.change_id) FILTER (WHERE i.goes), '{}') INTO v_items, v_back
    FROM sync.undo_items(v_district, p_run) i;
    IF NOT coalesce(p_preview, true) THEN
        INSERT INTO rosterd.run (district_id, epoch, cause, state, undoes, requested_by, counts, settings_version, applied_at, ended_at)
        SELECT v_district, l.epoch, 'undo', 'done', p_run, rosterd.who(),
               (SELECT coalesce(jsonb_object_agg(c.kind, jsonb_build_object('added', 0, 'changed', c.back, 'removed', 0)), '{}')
                FROM (SELECT i ->> 'relation' || 's' AS kind, count(*) AS back FROM jsonb_array_elements(v_items) i
                      WHERE (i ->> 'goes')::boolean GROUP BY 1) c),
               d.settings_version, clock_timestamp(), clock_timestamp()
        FROM rosterd.district d JOIN rosterd.lease l ON l.district_id = d.district_id WHERE d.district_id = v_district
        RETURNING run_id INTO v_undo;
        PERFORM sync.undo_apply(v_district, v_undo, p_run, v_back);
        PERFORM sync.undo_settle(v_district, v_undo, p_run,
            ARRAY(SELECT DISTINCT (i ->> 'person')::bigint FROM jsonb_array_elements(v_items) i WHERE (i ->> 'goes')::boolean AND i ->> 'person' IS NOT NULL),
            ARRAY(SELECT DISTINCT (i ->> 'classroom')::bigint FROM jsonb_array_elements(v_items) i
                  WHERE (i ->> 'goes')::boolean AND i ->> 'relation' = 'classroom'));
    END IF;
    RETURN QUERY SELECT * FROM sync.undo_words(v_district, p_run, v_items, NOT coalesce(p_preview, true));
END
$function$;

COMMENT ON FUNCTION rosterd.undo(bigint, boolean) IS
    'Puts back what a run of the last 14 days removed or changed, where nothing has happened to it since, and lists the rest with why. With preview true (or NULL) it only says what it would do. What is put back is pinned until the SIS says something new about it. SELECT * FROM rosterd.undo(41, true); RS008, RS010, RS012 (UPD-7, SAFE-8).';
REVOKE ALL ON FUNCTION rosterd.undo(bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.undo(bigint, boolean) TO rosterd_ops;
