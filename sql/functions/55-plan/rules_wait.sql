-- One question at a time: what a changed setting or a day would take away is computed again with the
-- file that waits, whatever is decided about it. Taking its place here would lose the file, and let a
-- file with changes only be applied to the one before it.
CREATE OR REPLACE FUNCTION sync.rules_wait(p_run rosterd.run) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_held bigint;
BEGIN
    IF p_run.file_sha256 IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT h.run_id INTO v_held FROM rosterd.hold h
    WHERE h.district_id = p_run.district_id AND h.closed_at IS NULL AND h.file_sha256 IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102',
            MESSAGE = format('the rules alone would be held too, and a file waits for a decision already: run %s', v_held), DETAIL = 'plan.base_held';
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.rules_wait(rosterd.run) IS
    'RS102 if a run without a file would be held while a file is: it waits till that is decided, and does not take its place (SAFE-4).';
REVOKE ALL ON FUNCTION sync.rules_wait(rosterd.run) FROM PUBLIC;
