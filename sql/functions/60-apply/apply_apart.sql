-- Whether a holder keeps records apart is asked before the run has given anything to anybody. What it
-- changes, the next run has to see, though none of those records changed (CRED-6).
CREATE OR REPLACE FUNCTION sync.apply_apart(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_apart text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.merge_duplicate_guardians THEN
        RETURN;
    END IF;
    v_apart := ARRAY(SELECT k.value FROM sync.kept_apart(p_slot, sync.shared_values(p_slot)) k);
    PERFORM api.mark_values(v.district_id, ARRAY(
        SELECT coalesce(b.value, a.value)
        FROM unnest(v.kept_apart) AS b (value) FULL JOIN unnest(v_apart) AS a (value) ON a.value = b.value
        WHERE b.value IS NULL OR a.value IS NULL));
END
$function$;

COMMENT ON FUNCTION sync.apply_apart(smallint) IS 'Has the next run look again at credentials by which records are one person now, or not any more, because of who holds them after this one (CRED-6, CRED-7).';
REVOKE ALL ON FUNCTION sync.apply_apart(smallint) FROM PUBLIC;
