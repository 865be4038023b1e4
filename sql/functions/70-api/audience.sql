-- Who gets an announcement or an event of a school, or of the whole district: exactly the connected
-- people, one row for each of their credentials. Somebody connected who has no credential is listed
-- with kind and value NULL: the message waits for them in the app.
-- A school's people are fetched by arrays of keys and the rest is hashed, as in api.school_directory;
-- for the whole district everything is hashed. A district leader has school 0.
CREATE OR REPLACE FUNCTION api.audience(p_district bigint, p_school bigint)
RETURNS TABLE (person_id bigint, role text, kind text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    v_students bigint[];
    v_guardians bigint[];
    v_people bigint[];
BEGIN
    IF p_school IS NULL THEN
        RETURN QUERY
        SELECT m.person_id, m.role, c.kind, c.value
          FROM (SELECT a.person_id, a.role FROM api.connected AS a WHERE a.district_id = p_district
                 UNION
                SELECT r.person_id, r.role FROM directory.role AS r  -- also while the district has no school yet
                 WHERE r.district_id = p_district AND r.school_id = 0 AND r.role = 'district_leader' AND r.state = 'active') AS m
          LEFT JOIN directory.credential AS c ON c.district_id = p_district AND c.person_id = m.person_id
         ORDER BY m.person_id, m.role, c.kind, c.value;
        RETURN;
    END IF;
    PERFORM api.school_of(p_district, p_school);
    v_students := ARRAY(SELECT r.person_id FROM directory.role AS r
                         WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student' AND r.state = 'active');
    v_guardians := ARRAY(SELECT DISTINCT g.guardian_id FROM directory.guardianship AS g
                          WHERE g.district_id = p_district AND g.student_id = ANY (v_students));
    v_people := v_guardians || ARRAY(SELECT r.person_id FROM directory.role AS r
                                      WHERE r.district_id = p_district AND r.school_id IN (0, p_school) AND r.state = 'active');
    RETURN QUERY
    SELECT m.person_id, m.role, c.kind, c.value
      FROM (SELECT r.person_id, r.role FROM directory.role AS r
             WHERE r.district_id = p_district AND r.school_id IN (0, p_school) AND r.state = 'active'
             UNION ALL
            SELECT g, 'guardian' FROM unnest(v_guardians) AS g) AS m
      LEFT JOIN directory.credential AS c ON c.district_id = p_district AND c.person_id = ANY (v_people) AND c.person_id = m.person_id
     ORDER BY m.person_id, m.role, c.kind, c.value;
END
$$;
COMMENT ON FUNCTION api.audience(bigint, bigint) IS
    'People reached by messages of a school, or with NULL of the district, with their credentials (ABN-S4, ABN-S5).';
REVOKE ALL ON FUNCTION api.audience(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.audience(bigint, bigint) TO rosterd_app;
