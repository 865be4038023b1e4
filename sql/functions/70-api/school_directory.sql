-- The directory page of a school. Archived students are found under Archived and All, with their
-- guardians beside them; detached ones nowhere.
CREATE OR REPLACE FUNCTION api.school_directory(p_district bigint, p_school bigint, p_section text)
RETURNS TABLE (student_id bigint, given_name text, family_name text, archived boolean, guardians jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_section IS NULL OR p_section NOT IN ('active', 'archived', 'all') THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the section is active, archived or all';
    END IF;
    PERFORM api.school_of(p_district, p_school);
    RETURN QUERY
    SELECT p.person_id, p.given_name, p.family_name, r.state = 'archived', coalesce(g.guardians, '[]')
      FROM directory.role AS r
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = r.person_id
      LEFT JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_object('guardian_id', gp.person_id, 'given_name', gp.given_name,
                                                'family_name', gp.family_name, 'status', gp.status)
                             ORDER BY gp.family_name, gp.given_name, gp.person_id) AS guardians
              FROM directory.guardianship AS gs
              JOIN directory.person AS gp ON gp.district_id = p_district AND gp.person_id = gs.guardian_id
             WHERE gs.district_id = p_district AND gs.student_id = r.person_id) AS g ON true
     WHERE r.district_id = p_district AND r.school_id = p_school AND r.role = 'student'
       AND r.state IN ('active', 'archived')
       AND (p_section = 'all' OR r.state = p_section)
     ORDER BY p.family_name, p.given_name, p.person_id;
END
$$;
COMMENT ON FUNCTION api.school_directory(bigint, bigint, text) IS
    'Students of a school with their guardians: section active, archived or all (ABN-S2, ABN-E1, UPD-8).';
REVOKE ALL ON FUNCTION api.school_directory(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.school_directory(bigint, bigint, text) TO rosterd_app;
