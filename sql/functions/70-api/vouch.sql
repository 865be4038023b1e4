CREATE OR REPLACE FUNCTION api.vouch(p_district bigint, p_person bigint, p_values text[]) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE directory.credential AS c SET vouched = true
     WHERE c.district_id = p_district AND c.person_id = p_person AND c.value = ANY (p_values) AND NOT c.vouched
$$;
COMMENT ON FUNCTION api.vouch(bigint, bigint, text[]) IS
    'Notes that a leader, or the backend, has said that these credentials are this person''s (CRED-9).';
REVOKE ALL ON FUNCTION api.vouch(bigint, bigint, text[]) FROM PUBLIC;
