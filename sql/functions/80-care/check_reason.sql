CREATE OR REPLACE FUNCTION sync.check_reason(p_reason text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_reason CONSTANT text := btrim(coalesce(p_reason, ''));
BEGIN
    IF length(v_reason) NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a reason has 1 to 500 characters',
            HINT = 'Say why, for whoever reads it later; name nobody in it.';
    END IF;
    RETURN v_reason;
END
$function$;

COMMENT ON FUNCTION sync.check_reason(text) IS 'A reason as it is kept; refused when there is none.';
REVOKE ALL ON FUNCTION sync.check_reason(text) FROM PUBLIC;
