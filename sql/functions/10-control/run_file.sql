CREATE OR REPLACE FUNCTION sync.run_file(p_run bigint, p_name text, p_size bigint, p_mtime bigint, p_sha256 text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_run rosterd.run := sync.open_run(p_run);
    v_reading text;
    v_verdict text := 'stage';
BEGIN
    SELECT sync.reading(d) INTO v_reading FROM rosterd.district d WHERE d.district_id = v_run.district_id;
    UPDATE rosterd.run SET file_name = p_name, file_size = p_size, file_mtime = p_mtime, file_sha256 = p_sha256, reading = v_reading
    WHERE run_id = p_run;
    PERFORM sync.expect_file(v_run.district_id);
    IF v_run.cause <> 'approval' AND EXISTS (SELECT FROM sis.judged j WHERE j.district_id = v_run.district_id AND CASE WHEN j.file_sha256 = p_sha256 THEN j.reading = v_reading ELSE j.deltas ? p_sha256 END) THEN
        v_verdict := CASE WHEN sync.outstanding(v_run.district_id) THEN 'rules' ELSE 'unchanged' END;
    END IF;
    IF v_verdict = 'unchanged' THEN
        -- the district went back to the file in use: what a newer one wanted is off
        PERFORM sync.hold_close(v_run.district_id, p_run);
        PERFORM sync.run_end(p_run, 'unchanged', NULL, NULL, NULL);
    END IF;
    RETURN v_verdict;
END
$function$;

COMMENT ON FUNCTION sync.run_file(bigint, text, bigint, bigint, text) IS
    'Notes the file a run has fetched and says what to do with it: stage it (always for an approval); run the rules only, since it is the one applied last and would be read the same way, or a delta on top of which others were applied; or nothing (unchanged: the run has ended with that).';
REVOKE ALL ON FUNCTION sync.run_file(bigint, text, bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_file(bigint, text, bigint, bigint, text) TO rosterd_daemon;
