-- Leaders act on the students of their directory, the archived section included.
CREATE OR REPLACE FUNCTION api.check_leads_student(p_district bigint, p_actor bigint, p_student bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_needs CONSTANT text := 'the role of a leader of a school of this student';
BEGIN
    PERFORM api.check_insider(p_district, p_actor, v_needs);
    PERFORM api.person_of(p_district, p_student);
    IF api.leads_student(p_district, p_actor, p_student) THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM directory.role AS r
                WHERE r.district_id = p_district AND r.person_id = p_actor AND r.state = 'active'
                  AND r.role IN ('school_leader', 'district_leader'))
       AND NOT EXISTS (SELECT FROM directory.role AS s
                        WHERE s.district_id = p_district AND s.person_id = p_student AND s.role = 'student'
                          AND s.state IN ('active', 'archived')) THEN
        PERFORM api.no_such_student();
    END IF;
    PERFORM api.refuse(v_needs);
END
$$;
COMMENT ON FUNCTION api.check_leads_student(bigint, bigint, bigint) IS
    'RS008, RS001, RS003: the actor leads a school in whose directory the student is, archived or not (GRD-1, STU-3, OFF-2).';
REVOKE ALL ON FUNCTION api.check_leads_student(bigint, bigint, bigint) FROM PUBLIC;
