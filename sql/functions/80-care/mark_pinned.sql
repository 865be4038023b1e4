CREATE OR REPLACE FUNCTION sync.mark_pinned(p_district bigint, p_kind text, p_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_kind = 'person' THEN
        PERFORM api.mark_people(p_district, ARRAY[p_id]);
    ELSE
        PERFORM api.mark_classroom(p_district, p_id);
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.mark_pinned(bigint, text, bigint) IS 'The next run looks again at what was pinned or unpinned.';
REVOKE ALL ON FUNCTION sync.mark_pinned(bigint, text, bigint) FROM PUBLIC;
