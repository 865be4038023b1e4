CREATE OR REPLACE FUNCTION api.check_teaching_right(p_district bigint, p_actor bigint,
                                                    p_classroom directory.classroom) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT api.leads(p_district, p_actor, p_classroom.school_id)
       AND NOT api.teaches(p_district, p_actor, p_classroom.classroom_id) THEN
        PERFORM api.refuse('the role of a leader of this school, or of a teacher of this classroom');
    END IF;
END
$$;
COMMENT ON FUNCTION api.check_teaching_right(bigint, bigint, directory.classroom) IS
    'Who may do a classroom''s daily work: its teachers and leaders (CLS-3, CLS-8).';
REVOKE ALL ON FUNCTION api.check_teaching_right(bigint, bigint, directory.classroom) FROM PUBLIC;
