-- What approve and refuse have in common. The district's row is locked against its switch, the hold's
-- against another decision.
CREATE OR REPLACE FUNCTION sync.decide(p_run bigint, p_reason text, p_verb text) RETURNS rosterd.hold
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_hold rosterd.hold;
    v_district rosterd.district;
BEGIN
    IF coalesce(btrim(p_reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('say why run %s is %s', p_run, p_verb),
            HINT = 'Whoever reads it later will want to know: give a reason.';
    END IF;
    SELECT * INTO v_hold FROM rosterd.hold h WHERE h.run_id = p_run;
    IF NOT FOUND THEN
        IF NOT EXISTS (SELECT FROM rosterd.run r WHERE r.run_id = p_run) THEN
            RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('there is no run %s', p_run),
                HINT = 'List what waits for a decision: TABLE rosterd.holds; or: rosterctl holds';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'RS010', MESSAGE = format('run %s is not held', p_run),
            HINT = 'List what waits for a decision: TABLE rosterd.holds; or: rosterctl holds';
    END IF;
    SELECT * INTO STRICT v_district FROM rosterd.district d WHERE d.district_id = v_hold.district_id FOR SHARE;
    SELECT * INTO STRICT v_hold FROM rosterd.hold h WHERE h.run_id = p_run FOR UPDATE;
    IF v_hold.closed_at IS NOT NULL OR v_hold.decision IS NOT NULL AND p_verb = 'approved' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010',
            MESSAGE = CASE WHEN v_hold.decision IS NOT NULL
                           THEN format('run %s was %s by %s already', p_run, v_hold.decision, v_hold.decided_by)
                           ELSE format('run %s is not held any more: run %s came after it', p_run, v_hold.closed_by_run) END,
            HINT = 'List what waits for a decision: TABLE rosterd.holds; or: rosterctl holds';
    END IF;
    IF p_verb = 'approved' AND (NOT v_district.sync_enabled OR v_district.paused_until > clock_timestamp()) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010',
            MESSAGE = format('the sync of %s is %s, so nothing can be carried out', v_district.slug, rosterd.sync_word(v_district)),
            HINT = format('Switch it on first: SELECT rosterd.set_sync(%L, true); or end the pause: SELECT rosterd.resume(%1$L);', v_district.slug);
    END IF;
    IF p_verb = 'approved' AND v_district.preview_only THEN
        RAISE EXCEPTION USING ERRCODE = 'RS010',
            MESSAGE = format('the runs of %s only preview, so nothing can be carried out', v_district.slug),
            HINT = format('First: UPDATE rosterd.district SET preview_only = false WHERE slug = %L;', v_district.slug);
    END IF;
    PERFORM pg_notify('rosterd_config', v_district.slug);
    RETURN v_hold;
END
$function$;

COMMENT ON FUNCTION sync.decide(bigint, text, text) IS
    'Locks a hold that can still be decided and tells the daemon. RS008 if there is no such run, RS010 if it is not held (any more), or is to be approved while the sync is off, paused or a preview (SAFE-4).';
REVOKE ALL ON FUNCTION sync.decide(bigint, text, text) FROM PUBLIC;
