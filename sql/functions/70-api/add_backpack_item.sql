CREATE OR REPLACE FUNCTION api.add_backpack_item(p_district bigint, p_actor bigint, p_classroom bigint,
                                                 p_student bigint, p_title text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
    v_title text;
    v_item bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.check_insider(p_district, p_actor, 'the role of a leader of this school, or of a teacher of this classroom');
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.person_of(p_district, p_student);
    PERFORM api.check_teaching_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);
    IF NOT EXISTS (SELECT FROM directory.member AS m
                    WHERE m.district_id = p_district AND m.classroom_id = p_classroom AND m.person_id = p_student AND m.role = 'student') THEN
        RAISE EXCEPTION USING ERRCODE = 'RS003', MESSAGE = 'there is no such student in this classroom';
    END IF;
    v_title := api.check_name(p_title, 'the title of an item');
    INSERT INTO directory.backpack_item (district_id, classroom_id, student_id, title, created_by)
    VALUES (p_district, p_classroom, p_student, v_title, p_actor) RETURNING item_id INTO v_item;
    PERFORM api.audit_change(p_district, p_actor, 'add_backpack_item', 'CLS-8', 'directory.backpack_item',
        jsonb_build_object('item_id', v_item), NULL, jsonb_build_object('classroom_id', p_classroom, 'student_id', p_student));
    RETURN v_item;
END
$$;
COMMENT ON FUNCTION api.add_backpack_item(bigint, bigint, bigint, bigint, text) IS
    'Puts an item into the backpack of a student of a classroom (CLS-8; RS008, RS001, RS003).';
REVOKE ALL ON FUNCTION api.add_backpack_item(bigint, bigint, bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.add_backpack_item(bigint, bigint, bigint, bigint, text) TO rosterd_app;
