CREATE OR REPLACE FUNCTION api.check_edit_right(p_district bigint, p_actor bigint, p_classroom directory.classroom)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF api.leads(p_district, p_actor, p_classroom.school_id) THEN
        RETURN;
    END IF;
    IF NOT api.teaches(p_district, p_actor, p_classroom.classroom_id) THEN
        PERFORM api.refuse('the role of a leader of this school, or of a teacher of this classroom');
    END IF;
    IF NOT (api.school_of(p_district, p_classroom.school_id)).sis_rostering THEN
        PERFORM api.refuse('the role of a leader of this school, or the setting sis_rostering of the school');
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_edit_right(bigint, bigint, directory.classroom) IS
    'Who may modify a classroom: leaders; its teachers where sis_rostering is on (CLS-1, CLS-8).';
REVOKE ALL ON FUNCTION api.check_edit_right(bigint, bigint, directory.classroom) FROM PUBLIC;
