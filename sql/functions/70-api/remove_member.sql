-- While the sync is on, what the SIS says of a roster stays: only manual claims go. A member by both
-- claims is then still there; a member by the SIS alone is refused, so that nobody believes somebody
-- was taken out.
CREATE OR REPLACE FUNCTION api.remove_member(p_district bigint, p_actor bigint, p_classroom bigint, p_person bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
    v_sync_on boolean;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_sync_on := (api.district_of(p_district)).sync_enabled;
    PERFORM api.check_insider(p_district, p_actor, 'the role of a leader of this school, or of a teacher of this classroom');
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.person_of(p_district, p_person);
    PERFORM api.check_edit_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);
    IF NOT EXISTS (SELECT FROM directory.member AS m
                    WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such member of this classroom';
    END IF;
    IF v_sync_on AND NOT EXISTS (SELECT FROM directory.membership AS m
                                  WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person
                                    AND m.claim_manual AND NOT m.suspended AND NOT m.detached) THEN
        PERFORM api.refuse_managed('The SIS enrolls this member. End the enrollment there.');
    END IF;

    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, 'remove_member', 'CLS-8', 'directory.membership',
           jsonb_build_object('classroom_id', p_classroom, 'person_id', p_person, 'role', m.role),
           jsonb_build_object('claim_sis', m.claim_sis, 'claim_manual', m.claim_manual),
           CASE WHEN v_sync_on AND m.claim_sis THEN jsonb_build_object('claim_sis', true, 'claim_manual', false) END
      FROM directory.membership AS m
     WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person
       AND NOT m.detached AND (m.claim_manual OR NOT v_sync_on);
    DELETE FROM directory.membership AS m
     WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person
       AND NOT m.detached AND NOT (v_sync_on AND m.claim_sis);
    UPDATE directory.membership AS m SET claim_manual = false
     WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_person
       AND NOT m.detached AND m.claim_manual;
    PERFORM api.mark_classroom(p_district, p_classroom);
    PERFORM api.mark_people(p_district, ARRAY[p_person]);
END
$$;
COMMENT ON FUNCTION api.remove_member(bigint, bigint, bigint, bigint) IS
    'Takes somebody out of a classroom; while the sync is on, manual claims only (CLS-8; RS008, RS001, RS007).';
REVOKE ALL ON FUNCTION api.remove_member(bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.remove_member(bigint, bigint, bigint, bigint) TO rosterd_app;
