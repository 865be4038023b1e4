-- An approval is for one file. If this run computes other or more than was shown, it is void and the run
-- is judged as if there were none.
CREATE OR REPLACE FUNCTION sync.guard_approval(p_slot smallint) RETURNS rosterd.hold
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_hold rosterd.hold;
BEGIN
    SELECT h.* INTO v_hold
    FROM sync.scope v
    JOIN rosterd.run r ON r.run_id = v.run_id
    JOIN rosterd.hold h ON h.district_id = (SELECT v.district_id) AND h.closed_at IS NULL AND h.decision = 'approved'
                       AND h.file_sha256 IS NOT DISTINCT FROM r.file_sha256
    WHERE v.slot = p_slot;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF v_hold.what = 'mapping' THEN
        PERFORM sync.guard_match(p_slot);
        PERFORM sync.guard_judge(p_slot);
    END IF;
    IF sync.guard_is_shown(p_slot, v_hold) THEN
        RETURN v_hold;
    END IF;
    IF v_hold.what = 'mapping' THEN
        DELETE FROM sync.delta_same s WHERE s.slot = p_slot;
        PERFORM sync.guard_judge(p_slot);
    END IF;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION sync.guard_approval(smallint) IS
    'The approved hold this plan carries out, if it does nothing but what was shown; with a mapping, the plan is made with it (SAFE-4, SAFE-5).';
REVOKE ALL ON FUNCTION sync.guard_approval(smallint) FROM PUBLIC;
