-- The directory page of a school. Archived students are found under Archived and All, with their
-- guardians beside them; detached ones nowhere.
-- Of a district that has just arrived the planner knows nothing, and would go through all its people
-- for each student. So people are fetched by arrays of keys, and the rest is hashed.
CREATE OR REPLACE FUNCTION api.school_directory(p_district bigint, p_school bigint, p_section text)
RETURNS TABLE (student_id bigint, given_name text, family_name text, archived boolean, guardians jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off SET enable_nestloop = off
AS $$
DECLARE
    v_students bigint[];
    v_guardians bigint[];
BEGIN
    IF p_section IS NULL OR p_section NOT IN ('active', 'archived', 'all') THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the section is active, archived or all';
    END IF;
    PERFORM api.school_of(p_district, p_school);
    v_students := ARRAY(SELECT r.person_id FROM directory.role AS r
                         WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student'
                           AND r.state IN ('active', 'archived') AND (p_section = 'all' OR r.state = p_section));
    v_guardians := ARRAY(SELECT DISTINCT g.guardian_id FROM directory.guardianship AS g
                          WHERE g.district_id = p_district AND g.student_id = ANY (v_students));
    RETURN QUERY
    SELECT p.person_id, p.given_name, p.family_name, r.state = 'archived', coalesce(g.guardians, '[]')
      FROM directory.role AS r
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = ANY (v_students) AND p.person_id = r.person_id
      LEFT JOIN (
            SELECT gs.student_id, jsonb_agg(jsonb_build_object('guardian_id', gp.person_id, 'given_name', gp.given_name,
                                                               'family_name', gp.family_name, 'status', gp.status)
                                            ORDER BY gp.family_name, gp.given_name, gp.person_id) AS guardians
              FROM directory.guardianship AS gs
              JOIN directory.person AS gp ON gp.district_id = p_district AND gp.person_id = ANY (v_guardians) AND gp.person_id = gs.guardian_id
             WHERE gs.district_id = p_district AND gs.student_id = ANY (v_students)
             GROUP BY gs.student_id) AS g ON g.student_id = r.person_id
     WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student' AND r.person_id = ANY (v_students)
     ORDER BY p.family_name, p.given_name, p.person_id;
END
$$;
COMMENT ON FUNCTION api.school_directory(bigint, bigint, text) IS
    'Students of a school with their guardians: section active, archived or all (ABN-S2, ABN-E1, UPD-8).';
REVOKE ALL ON FUNCTION api.school_directory(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.school_directory(bigint, bigint, text) TO rosterd_app;
