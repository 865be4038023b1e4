CREATE OR REPLACE FUNCTION sync.shown_plan(p_run bigint)
RETURNS TABLE (
    run_id bigint, district text, name text, state text, cause text, reason text, detail text, created_at timestamptz, ended_at timestamptz,
    file_name text, file_size bigint, file_sha256 text, since timestamptz, withholds text, open boolean, decision text, approved text,
    decided_by text, decided_at timestamptz, decided_why text, closed_at timestamptz, closed_by_run bigint, shown jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
    SELECT r.run_id, d.slug, d.name, r.state, r.cause, r.reason, r.detail, r.created_at, r.ended_at,
           r.file_name, r.file_size, r.file_sha256, h.since, h.withholds, h.run_id IS NOT NULL AND h.closed_at IS NULL, h.decision, h.what,
           h.decided_by, h.decided_at, h.reason, h.closed_at, h.closed_by_run, coalesce(h.shown, r.shown)
    FROM rosterd.run r
    JOIN rosterd.district d ON d.district_id = r.district_id
    LEFT JOIN rosterd.hold h ON h.run_id = r.run_id
    WHERE r.run_id = p_run AND coalesce(h.shown, r.shown) IS NOT NULL;
    IF FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM rosterd.run r WHERE r.run_id = p_run) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('run %s was neither held nor a preview, so no plan of it was kept', p_run),
            HINT = format('See what it did: rosterctl run %s', p_run);
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('there is no run %s', p_run), HINT = 'List what is held: rosterctl holds';
END
$function$;

COMMENT ON FUNCTION sync.shown_plan(bigint) IS
    'What a held or previewed run would do, as it was shown, and what was decided about it. RS008 if there is no such run, or no plan of it (SAFE-4, SAFE-6).';
REVOKE ALL ON FUNCTION sync.shown_plan(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.shown_plan(bigint) TO rosterd_daemon;
