-- The students in a guardian's account settings: everybody they are linked to, also one who is
-- archived or whose rows EXTREME detached. Who they are and nothing else.
CREATE OR REPLACE FUNCTION api.account_students(p_district bigint, p_guardian bigint)
RETURNS TABLE (student_id bigint, given_name text, family_name text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.person_id, p.given_name, p.family_name
      FROM directory.guardianship AS g
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = g.student_id
     WHERE g.district_id = p_district AND g.guardian_id = p_guardian
     ORDER BY p.family_name, p.given_name, p.person_id
$$;
COMMENT ON FUNCTION api.account_students(bigint, bigint) IS 'The students a guardian is linked to (ABN-S4, ABN-E2).';
REVOKE ALL ON FUNCTION api.account_students(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.account_students(bigint, bigint) TO rosterd_app;
