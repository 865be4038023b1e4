CREATE OR REPLACE FUNCTION sync.check_pinned(p_district bigint, p_kind text, p_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_kind = 'person' THEN
        PERFORM api.person_of(p_district, p_id);
    ELSIF p_kind = 'classroom' THEN
        PERFORM api.classroom_of(p_district, p_id);
    ELSE
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'what is pinned is a person or a classroom',
            HINT = format('SELECT rosterd.pin(%s, ''person'', 7, ''why''); the number is person_id or classroom_id.', p_district);
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.check_pinned(bigint, text, bigint) IS 'RS008 if the district has no such person or classroom.';
REVOKE ALL ON FUNCTION sync.check_pinned(bigint, text, bigint) FROM PUBLIC;
