-- A synced classroom is renamed by leaders and its teachers whatever the school's settings; one made by
-- hand, as everything about it, by teachers only where sis_rostering is on.
CREATE OR REPLACE FUNCTION api.rename_classroom(p_district bigint, p_actor bigint, p_classroom bigint, p_name text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
    v_name text;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_classroom := api.classroom_of(p_district, p_classroom);
    IF v_classroom.synced THEN
        PERFORM api.check_teaching_right(p_district, p_actor, v_classroom);
    ELSE
        PERFORM api.check_edit_right(p_district, p_actor, v_classroom);
    END IF;
    IF p_name IS NOT NULL THEN
        v_name := api.check_name(p_name, 'the name of a classroom');
    ELSIF v_classroom.sis_name IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the classroom has no name in the SIS to go back to';
    END IF;

    UPDATE directory.classroom AS c SET edited_name = v_name
     WHERE c.district_id = p_district AND c.classroom_id = p_classroom AND c.edited_name IS DISTINCT FROM v_name;
    PERFORM api.audit_change(p_district, p_actor, 'rename_classroom', 'CLS-3', 'directory.classroom',
        jsonb_build_object('classroom_id', p_classroom), jsonb_build_object('edited_name', v_classroom.edited_name),
        jsonb_build_object('edited_name', v_name));
END
$$;
COMMENT ON FUNCTION api.rename_classroom(bigint, bigint, bigint, text) IS
    'Gives a classroom a name that stays; NULL goes back to the SIS''s (CLS-3, CLS-8; RS008, RS001).';
REVOKE ALL ON FUNCTION api.rename_classroom(bigint, bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.rename_classroom(bigint, bigint, bigint, text) TO rosterd_app;
