-- Who may put students and co-teachers into a classroom: leaders of its school and its own teachers.
-- A synced one needs the school's sis_rostering whoever asks, as long as the sync is on; one made by
-- hand needs it for teachers.
CREATE OR REPLACE FUNCTION api.check_roster_right(p_district bigint, p_actor bigint, p_classroom directory.classroom)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_leads CONSTANT boolean := api.leads(p_district, p_actor, p_classroom.school_id);
    v_rostering CONSTANT boolean := (api.school_of(p_district, p_classroom.school_id)).sis_rostering;
BEGIN
    IF NOT v_leads AND NOT api.teaches(p_district, p_actor, p_classroom.classroom_id) THEN
        PERFORM api.refuse('the role of a leader of this school, or of a teacher of this classroom');
    END IF;
    IF p_classroom.synced THEN
        IF NOT v_rostering AND (api.district_of(p_district)).sync_enabled THEN
            PERFORM api.refuse('the setting sis_rostering of the school, because the classroom is synced');
        END IF;
    ELSIF NOT v_leads AND NOT v_rostering THEN
        PERFORM api.refuse('the role of a leader of this school, or the setting sis_rostering of the school');
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_roster_right(bigint, bigint, directory.classroom) IS
    'Who may put somebody into a classroom (CLS-4, CLS-5, CLS-8, OFF-2).';
REVOKE ALL ON FUNCTION api.check_roster_right(bigint, bigint, directory.classroom) FROM PUBLIC;
