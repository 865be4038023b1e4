-- The account stays, with whatever else the person is. USERS_MANAGER ends with the leadership.
CREATE OR REPLACE FUNCTION rosterd.dismiss_leader(p_district bigint, p_person bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.lock_people(p_district, ARRAY[p_person]);
    PERFORM api.person_of(p_district, p_person);
    WITH ended AS (
        DELETE FROM directory.role AS r
         WHERE r.district_id = p_district AND r.person_id = p_person AND r.role IN ('school_leader', 'district_leader')
        RETURNING r.school_id, r.role)
    INSERT INTO audit.change (district_id, act, rule, relation, key, before)
    SELECT p_district, 'dismiss_leader by ' || rosterd.who(), 'GRD-5', 'directory.role',
           jsonb_build_object('person_id', p_person, 'school_id', e.school_id, 'role', e.role), jsonb_build_object('state', 'active')
      FROM ended AS e;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such leader in this district';
    END IF;
    PERFORM api.end_users_manager(p_district, p_person, 'dismiss_leader');
    PERFORM api.mark_people(p_district, ARRAY[p_person]);
END
$$;
COMMENT ON FUNCTION rosterd.dismiss_leader(bigint, bigint) IS
    'Ends somebody''s leadership of schools and district, and USERS_MANAGER with it (GRD-5; RS008).';
REVOKE ALL ON FUNCTION rosterd.dismiss_leader(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.dismiss_leader(bigint, bigint) TO rosterd_csm, rosterd_ops;
