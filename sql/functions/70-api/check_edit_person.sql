-- USERS_MANAGER reaches the people of the leader's schools, and no other leader. With the sync off the
-- students are the leaders' own.
CREATE OR REPLACE FUNCTION api.check_edit_person(p_district bigint, p_actor bigint, p_person bigint,
                                                 p_sync_on boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM api.check_insider(p_district, p_actor, 'USERS_MANAGER for a school of this person');
    PERFORM api.person_of(p_district, p_person);
    IF NOT p_sync_on AND api.is_student(p_district, p_person) AND api.leads_student(p_district, p_actor, p_person) THEN
        RETURN;
    END IF;
    IF NOT api.is_users_manager(p_district, p_actor) OR NOT api.leads_person(p_district, p_actor, p_person) THEN
        PERFORM api.refuse('USERS_MANAGER for a school of this person');
    END IF;
    IF p_person <> p_actor
       AND EXISTS (SELECT FROM directory.role AS r
                    WHERE r.district_id = p_district AND r.person_id = p_person AND r.state = 'active'
                      AND r.role IN ('school_leader', 'district_leader')) THEN
        PERFORM api.refuse('that the person is no leader: USERS_MANAGER does not reach other leaders');
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_edit_person(bigint, bigint, bigint, boolean) IS
    'Who may edit somebody else''s details (GRD-4, GRD-5, OFF-2; RS008, RS001).';
REVOKE ALL ON FUNCTION api.check_edit_person(bigint, bigint, bigint, boolean) FROM PUBLIC;
