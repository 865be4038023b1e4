CREATE OR REPLACE FUNCTION sync.named(p_district bigint, p_person bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce((SELECT min(m.sourced_id) FROM sis.person m WHERE m.district_id = p_district AND m.person_id = p_person),
                    'account ' || p_person)
$function$;

COMMENT ON FUNCTION sync.named(bigint, bigint) IS 'How a person is named without a name: by their first SIS id, or by the number of the account.';
REVOKE ALL ON FUNCTION sync.named(bigint, bigint) FROM PUBLIC;
