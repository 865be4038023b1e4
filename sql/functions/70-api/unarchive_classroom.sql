-- An active classroom has nobody in it who is not of the school: of the frozen roster those who left
-- meanwhile are suspended, those who are there (again) count. A synced classroom's roster is then
-- worked out by the next run.
CREATE OR REPLACE FUNCTION api.unarchive_classroom(p_district bigint, p_actor bigint, p_classroom bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.check_edit_right(p_district, p_actor, v_classroom);
    IF (api.school_of(p_district, v_classroom.school_id)).archived THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the school is archived';
    END IF;
    IF v_classroom.state = 'active' THEN
        RETURN;
    END IF;

    UPDATE directory.classroom AS c SET state = 'active', archived_by = NULL
     WHERE c.district_id = p_district AND c.classroom_id = p_classroom;
    PERFORM api.suspend_absent(p_district, p_actor, 'unarchive_classroom', 'CLS-7', ARRAY[p_classroom], NULL);
    PERFORM api.audit_change(p_district, p_actor, 'unarchive_classroom', 'CLS-1', 'directory.classroom',
        jsonb_build_object('classroom_id', p_classroom),
        jsonb_build_object('state', v_classroom.state, 'archived_by', v_classroom.archived_by),
        jsonb_build_object('state', 'active', 'archived_by', NULL));
    PERFORM api.mark_classroom(p_district, p_classroom);
END
$$;
COMMENT ON FUNCTION api.unarchive_classroom(bigint, bigint, bigint) IS
    'Makes an archived classroom active again (CLS-1, CLS-7, ABN-B1; RS008, RS001).';
REVOKE ALL ON FUNCTION api.unarchive_classroom(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.unarchive_classroom(bigint, bigint, bigint) TO rosterd_app;
