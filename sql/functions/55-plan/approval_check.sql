-- Whoever refuses, or whose newer file replaces a hold, must not find it carried out afterwards. The
-- approval is open until this run closes it; an approval of another file is none for this one. The
-- detail is the word of the cause.
CREATE OR REPLACE FUNCTION sync.approval_check(p_run rosterd.run) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_run.cause = 'approval' AND NOT EXISTS (
        SELECT FROM rosterd.hold h
        WHERE h.district_id = p_run.district_id AND h.decision = 'approved' AND h.file_sha256 IS NOT DISTINCT FROM p_run.file_sha256
          AND (h.closed_at IS NULL OR h.closed_by_run = p_run.run_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102', MESSAGE = format('what run %s was to carry out is not approved any more', p_run.run_id), DETAIL = 'plan.not_approved';
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.approval_check(rosterd.run) IS
    'RS102 if a run carries an approval out and there is none any more: refused, or replaced by a newer file (SAFE-4).';
REVOKE ALL ON FUNCTION sync.approval_check(rosterd.run) FROM PUBLIC;
