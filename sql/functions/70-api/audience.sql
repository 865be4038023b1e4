-- Who gets an announcement or an event of a school, or of the whole district: exactly the connected
-- people, one row for each of their credentials. Somebody connected who has no credential is listed
-- with kind and value NULL: the message waits for them in the app.
CREATE OR REPLACE FUNCTION api.audience(p_district bigint, p_school bigint)
RETURNS TABLE (person_id bigint, role text, kind text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF p_school IS NOT NULL THEN
        PERFORM api.school_of(p_district, p_school);
    END IF;
    RETURN QUERY
    SELECT m.person_id, m.role, c.kind, c.value
      FROM (SELECT a.person_id, a.role FROM api.connected AS a
             WHERE a.district_id = p_district AND (p_school IS NULL OR a.school_id = p_school)
             UNION
            SELECT r.person_id, r.role FROM directory.role AS r  -- also while the district has no school yet
             WHERE r.district_id = p_district AND r.school_id = 0 AND r.role = 'district_leader' AND r.state = 'active') AS m
      LEFT JOIN directory.credential AS c ON c.district_id = p_district AND c.person_id = m.person_id
     ORDER BY m.person_id, m.role, c.kind, c.value;
END
$$;
COMMENT ON FUNCTION api.audience(bigint, bigint) IS
    'People reached by messages of a school, or with NULL of the district, with their credentials (ABN-S4, ABN-S5).';
REVOKE ALL ON FUNCTION api.audience(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.audience(bigint, bigint) TO rosterd_app;
