CREATE OR REPLACE FUNCTION sync.shared_values(p_slot smallint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    RETURN ARRAY(
        SELECT c.value
        FROM sync.after_person p
        CROSS JOIN LATERAL (SELECT DISTINCT x.value FROM unnest(ARRAY[p.email, p.sms, p.phone]) AS x (value) WHERE x.value IS NOT NULL) c
        WHERE p.slot = p_slot AND p.live AND p.is_guardian AND (v.whole OR c.value = ANY (v.contested))
        GROUP BY c.value HAVING count(*) > 1);
END
$function$;

COMMENT ON FUNCTION sync.shared_values(smallint) IS 'Addresses and numbers that several guardian records give.';
REVOKE ALL ON FUNCTION sync.shared_values(smallint) FROM PUBLIC;
