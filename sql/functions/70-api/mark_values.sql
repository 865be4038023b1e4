CREATE OR REPLACE FUNCTION api.mark_values(p_district bigint, p_values text[]) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO sync.mark (district_id, kind, value)
    SELECT p_district, 'credential', v.value FROM (SELECT DISTINCT unnest(p_values) AS value) AS v
$$;
COMMENT ON FUNCTION api.mark_values(bigint, text[]) IS
    'The next run looks again at every claimant of these credentials.';
REVOKE ALL ON FUNCTION api.mark_values(bigint, text[]) FROM PUBLIC;
