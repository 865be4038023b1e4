-- Somebody whom nothing ties to the district must not learn from RS008 which numbers are people, so
-- they are refused before the act looks at anybody. For everybody else RS008 comes before RS001.
CREATE OR REPLACE FUNCTION api.check_insider(p_district bigint, p_actor bigint, p_needs text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.person_of(p_district, p_actor);
    IF api.is_outsider(p_district, p_actor) THEN
        PERFORM api.refuse(p_needs);
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_insider(bigint, bigint, text) IS
    'RS008 for an unknown actor, RS001 for one whom nothing ties to the district: before the act looks at whom it is about.';
REVOKE ALL ON FUNCTION api.check_insider(bigint, bigint, text) FROM PUBLIC;
