-- A bulk that is held as a whole is not in the mirror yet; a delta made to follow it would be applied to
-- the file before it, and take the held one's place.
CREATE OR REPLACE FUNCTION sync.delta_waits(p_run rosterd.run, p_files jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_held rosterd.run;
BEGIN
    SELECT r.* INTO v_held
    FROM rosterd.hold h JOIN rosterd.run r ON r.run_id = h.run_id
    WHERE h.district_id = p_run.district_id AND h.closed_at IS NULL AND h.withholds = 'all'
      AND h.file_sha256 IS NOT NULL AND h.file_sha256 IS DISTINCT FROM p_run.file_sha256
      AND EXISTS (SELECT FROM jsonb_each(p_files) f WHERE (f.value ->> 'present')::boolean AND f.value ->> 'mode' = 'delta');
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS102',
            MESSAGE = format('the file holds changes only, and what it builds on waits for a decision: run %s', v_held.run_id), DETAIL = 'plan.base_held';
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.delta_waits(rosterd.run, jsonb) IS
    'RS102 if a file with changes only came while another is held as a whole: it waits till that is decided (SAFE-4).';
REVOKE ALL ON FUNCTION sync.delta_waits(rosterd.run, jsonb) FROM PUBLIC;
