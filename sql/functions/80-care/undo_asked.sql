-- In numbers: who is meant, those ask who may read the database.
CREATE OR REPLACE FUNCTION sync.undo_asked(p_run bigint, p_preview boolean, p_by text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_changes jsonb;
BEGIN
    PERFORM set_config('rosterd.changed_by', p_by, true);
    SELECT jsonb_agg(to_jsonb(x) ORDER BY x.verdict DESC, x.relation, x.why) INTO v_changes
    FROM (SELECT u.relation, u.verdict, u.why, count(*) AS count FROM rosterd.undo(p_run, p_preview) u GROUP BY u.relation, u.verdict, u.why) x;
    RETURN (SELECT jsonb_build_object('run_id', p_run, 'slug', d.slug, 'preview', p_preview, 'changes', coalesce(v_changes, '[]'),
                                      'undo_run_id', (SELECT u.run_id FROM rosterd.run u WHERE u.undoes = p_run))
            FROM rosterd.run r JOIN rosterd.district d ON d.district_id = r.district_id WHERE r.run_id = p_run);
END
$function$;

COMMENT ON FUNCTION sync.undo_asked(bigint, boolean, text) IS
    'rosterd.undo for a caller of the control socket: {"run_id", "slug", "preview", "undo_run_id", "changes": [{"relation", "verdict", "why", "count"}]} (UPD-7).';
REVOKE ALL ON FUNCTION sync.undo_asked(bigint, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.undo_asked(bigint, boolean, text) TO rosterd_daemon;
