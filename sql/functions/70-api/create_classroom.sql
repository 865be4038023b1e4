-- Leaders of the school make classrooms by hand; its teachers where sis_rostering is on, and then they
-- teach what they made. The sync never touches one (CLS-6).
CREATE OR REPLACE FUNCTION api.create_classroom(p_district bigint, p_actor bigint, p_school bigint, p_name text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_school directory.school;
    v_teacher boolean;
    v_name text;
    v_classroom bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_school := api.school_of(p_district, p_school);
    v_teacher := EXISTS (SELECT FROM directory.role AS r
                          WHERE r.district_id = p_district AND r.person_id = p_actor AND r.school_id = p_school
                            AND r.role = 'teacher' AND r.state = 'active');
    IF NOT api.leads(p_district, p_actor, p_school) THEN
        IF NOT v_teacher THEN
            PERFORM api.refuse('the role of a leader or teacher of this school');
        ELSIF NOT v_school.sis_rostering THEN
            PERFORM api.refuse('the role of a leader of this school, or the setting sis_rostering of the school');
        END IF;
    END IF;
    IF v_school.archived THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the school is archived';
    END IF;
    v_name := api.check_name(p_name, 'the name of a classroom');

    INSERT INTO directory.classroom (district_id, school_id, edited_name, synced)
    VALUES (p_district, p_school, v_name, false) RETURNING classroom_id INTO v_classroom;
    IF v_teacher THEN
        INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
        VALUES (p_district, v_classroom, p_actor, 'teacher', false, true);
    END IF;
    PERFORM api.audit_change(p_district, p_actor, 'create_classroom', 'CLS-1', 'directory.classroom',
        jsonb_build_object('classroom_id', v_classroom), NULL, jsonb_build_object('school_id', p_school, 'name', v_name));
    RETURN v_classroom;
END
$$;
COMMENT ON FUNCTION api.create_classroom(bigint, bigint, bigint, text) IS
    'Makes a classroom by hand (CLS-1; RS008, RS001).';
REVOKE ALL ON FUNCTION api.create_classroom(bigint, bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.create_classroom(bigint, bigint, bigint, text) TO rosterd_app;
