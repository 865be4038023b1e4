-- What archiving and restoring by hand have in common: at the schools the actor leads, the student's
-- state, then the active classrooms there, then whom the messages reach.
CREATE OR REPLACE FUNCTION api.move_student(p_district bigint, p_actor bigint, p_act text, p_student bigint,
                                            p_from text, p_to text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_schools bigint[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.check_leads_student(p_district, p_actor, p_student);
    IF (api.district_of(p_district)).sync_enabled THEN
        PERFORM api.refuse_managed('While the sync is on, students come and go with the SIS.');
    END IF;
    PERFORM api.lock_people(p_district, p_student || ARRAY(
        SELECT g.guardian_id FROM directory.guardianship AS g WHERE g.district_id = p_district AND g.student_id = p_student));

    WITH moved AS (
        UPDATE directory.role AS r SET state = p_to
         WHERE r.district_id = p_district AND r.person_id = p_student AND r.role = 'student' AND r.state = p_from
           AND api.leads(p_district, p_actor, r.school_id)
        RETURNING r.school_id),
    noted AS (
        INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
        SELECT p_district, p_actor, p_act, 'OFF-2', 'directory.role',
               jsonb_build_object('person_id', p_student, 'school_id', m.school_id, 'role', 'student'),
               jsonb_build_object('state', p_from), jsonb_build_object('state', p_to)
          FROM moved AS m)
    SELECT coalesce(array_agg(m.school_id), '{}') INTO v_schools FROM moved AS m;

    PERFORM api.suspend_absent(p_district, p_actor, p_act, 'OFF-2',
        ARRAY(SELECT m.classroom_id FROM directory.membership AS m
                JOIN directory.classroom AS c ON c.district_id = p_district AND c.classroom_id = m.classroom_id
               WHERE m.district_id = p_district AND m.person_id = p_student AND m.role = 'student' AND c.school_id = ANY (v_schools)),
        ARRAY[p_student]);
    PERFORM api.mark_people(p_district, ARRAY[p_student]);
    PERFORM api.settle_invitations(p_district, p_actor, p_act, p_student || ARRAY(
        SELECT g.guardian_id FROM directory.guardianship AS g WHERE g.district_id = p_district AND g.student_id = p_student));
END
$$;
COMMENT ON FUNCTION api.move_student(bigint, bigint, text, bigint, text, text) IS
    'Archives or restores a student at the schools the actor leads, while the sync is off (OFF-2, ABN-S1, ABN-S2; RS008, RS001, RS003, RS007).';
REVOKE ALL ON FUNCTION api.move_student(bigint, bigint, text, bigint, text, text) FROM PUBLIC;
