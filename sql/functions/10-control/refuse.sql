CREATE OR REPLACE FUNCTION rosterd.refuse(p_run bigint, p_reason text, p_by text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $function$
DECLARE
    v_hold rosterd.hold := sync.decide(p_run, p_reason, 'refused');
BEGIN
    UPDATE rosterd.hold
    SET decision = 'refused', what = NULL, decided_by = sync.decider(p_by), decided_at = clock_timestamp(), reason = btrim(p_reason),
        closed_at = clock_timestamp()
    WHERE run_id = p_run;
    UPDATE rosterd.run SET state = 'refused', owner = 'district' WHERE run_id = p_run;
    PERFORM sync.forget_shown(v_hold.district_id, p_run);
    RETURN format('run %s is refused: %s; the district''s next file is judged anew', p_run,
                  CASE v_hold.withholds WHEN 'all' THEN 'nothing of it is applied' ELSE 'what it would take away stays' END);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = format('somebody is working on run %s or its district in another session', p_run),
        HINT = 'Nothing was changed. Try again in a moment.';
END
$function$;

COMMENT ON FUNCTION rosterd.refuse(bigint, text, text) IS
    'Turns a held run down, also one that was approved and is not carried out yet: nothing that waits is applied, and its file is not looked at again. SELECT rosterd.refuse(4711, ''export was cut short''); RS010 if it is not held (SAFE-4).';
REVOKE ALL ON FUNCTION rosterd.refuse(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.refuse(bigint, text, text) TO rosterd_csm, rosterd_ops;
