-- A file that is there already as superseded is not noted twice: a daemon that stopped before the newer
-- file was applied finds them again.
CREATE OR REPLACE FUNCTION sync.run_supersede(p_daemon bigint, p_district bigint, p_epoch bigint, p_files jsonb, p_by text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM FROM rosterd.lease l
    WHERE l.district_id = p_district AND l.daemon_id = p_daemon AND l.epoch = p_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS101', MESSAGE = format('district %s is not this daemon''s any more', p_district);
    END IF;
    INSERT INTO rosterd.run (district_id, daemon_id, epoch, cause, state, file_name, file_size, file_mtime, detail, owner, ended_at)
    SELECT p_district, p_daemon, p_epoch, 'schedule', 'superseded', f.name, f.size, f.mtime,
           format('%s, which came later, is complete', p_by), 'nobody', clock_timestamp()
    FROM jsonb_to_recordset(p_files) AS f (name text, size bigint, mtime bigint)
    WHERE NOT EXISTS (SELECT FROM rosterd.run r
                      WHERE r.district_id = p_district AND r.state = 'superseded'
                        AND (r.file_name, r.file_size, r.file_mtime) = (f.name, f.size, f.mtime))
    ORDER BY f.mtime, f.name;
END
$function$;

COMMENT ON FUNCTION sync.run_supersede(bigint, bigint, bigint, jsonb, text) IS
    'Notes files of a drop (name, size, mtime each) that are not taken, because a newer one, p_by, is complete: a run each, superseded. RS101 if the district is another daemon''s.';
REVOKE ALL ON FUNCTION sync.run_supersede(bigint, bigint, bigint, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.run_supersede(bigint, bigint, bigint, jsonb, text) TO rosterd_daemon;
