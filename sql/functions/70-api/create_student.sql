CREATE OR REPLACE FUNCTION api.create_student(p_district bigint, p_actor bigint, p_school bigint, p_given text,
                                              p_family text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_school directory.school;
    v_student bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    PERFORM api.person_of(p_district, p_actor);
    v_school := api.school_of(p_district, p_school);
    IF NOT api.leads(p_district, p_actor, p_school) THEN
        PERFORM api.refuse('the role of a leader of this school');
    END IF;
    IF v_settings.sync_enabled THEN
        RAISE EXCEPTION USING ERRCODE = 'RS002', MESSAGE = 'students cannot be created while the sync is on',
            HINT = 'Add the student in the SIS; the next sync brings them.';
    END IF;
    IF v_school.archived THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the school is archived';
    END IF;

    v_student := api.new_person(p_district, p_actor, 'create_student', 'OFF-2',
        api.check_name(p_given, 'a given name'), api.check_name(p_family, 'a family name'), 'invitee');
    PERFORM api.give_role(p_district, p_actor, 'create_student', 'OFF-2', v_student, p_school, 'student');
    PERFORM api.mark_people(p_district, ARRAY[v_student]);
    RETURN v_student;
END
$$;
COMMENT ON FUNCTION api.create_student(bigint, bigint, bigint, text, text) IS
    'Makes a student by hand, while the sync is off (STU-1, OFF-2; RS008, RS001, RS002).';
REVOKE ALL ON FUNCTION api.create_student(bigint, bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.create_student(bigint, bigint, bigint, text, text) TO rosterd_app;
