CREATE OR REPLACE FUNCTION rosterd.approve(p_run bigint, p_reason text, p_what text DEFAULT 'all', p_by text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $function$
DECLARE
    v_hold rosterd.hold;
BEGIN
    IF NOT rosterd.is_one_of(p_what, 'all', 'additions', 'mapping') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('%s cannot be approved', coalesce(quote_literal(p_what), 'NULL')),
            HINT = 'Approve ''all''; ''additions'': all but the removals over the limit; or ''mapping'': all, taking renumbered people for those they were.';
    END IF;
    v_hold := sync.decide(p_run, p_reason, 'approved');
    IF p_what = 'mapping' AND NOT EXISTS (SELECT FROM sync.offered o WHERE o.district_id = v_hold.district_id AND o.run_id = p_run) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s found nobody renumbered, so there is no mapping to approve', p_run),
            HINT = format('SELECT rosterd.approve(%s, ''why'', ''all''); or SELECT rosterd.refuse(%1$s, ''why''); or: rosterctl approve %1$s --reason TEXT', p_run);
    END IF;
    IF p_what = 'additions' AND v_hold.withholds = 'removals' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('the additions of run %s have been applied; only its removals wait', p_run),
            HINT = format('SELECT rosterd.approve(%s, ''why'', ''all''); or SELECT rosterd.refuse(%1$s, ''why''); or: rosterctl approve %1$s --reason TEXT', p_run);
    END IF;
    UPDATE rosterd.hold SET decision = 'approved', what = p_what, decided_by = sync.decider(p_by), decided_at = clock_timestamp(), reason = btrim(p_reason)
    WHERE run_id = p_run;
    RETURN format('run %s is approved (%s) and is carried out by the next run', p_run, p_what);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION USING ERRCODE = 'RS103', MESSAGE = format('somebody is working on run %s or its district in another session', p_run),
        HINT = 'Nothing was changed. Try again in a moment.';
END
$function$;

COMMENT ON FUNCTION rosterd.approve(bigint, text, text, text) IS
    'Approves what a held run has shown: all, the additions without the removals over the limit, or all with the mapping of renumbered ids. Carried out at once by a run that computes it anew: if that finds other or more than was shown, it is held again. SELECT rosterd.approve(4711, ''school closed, confirmed by J. Ruiz''); RS010 if it is not held or the sync is off or paused (SAFE-4, SAFE-5).';
REVOKE ALL ON FUNCTION rosterd.approve(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.approve(bigint, text, text, text) TO rosterd_csm, rosterd_ops;
