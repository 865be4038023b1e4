CREATE OR REPLACE FUNCTION api.sis_gives(p_district bigint, p_person bigint, p_values text[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM sis.person AS s
                    WHERE s.district_id = p_district AND s.person_id = p_person
                      AND (s.email = ANY (p_values) OR s.sms = ANY (p_values) OR s.phone = ANY (p_values)))
$$;
COMMENT ON FUNCTION api.sis_gives(bigint, bigint, text[]) IS
    'Whether a record of this person gives one of these credentials, held or not.';
REVOKE ALL ON FUNCTION api.sis_gives(bigint, bigint, text[]) FROM PUBLIC;
