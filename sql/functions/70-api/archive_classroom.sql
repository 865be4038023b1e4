-- Archiving freezes the roster as it is. Archived by hand it stays so until unarchived by hand, also
-- when it was archived for another reason before: the sync then leaves it alone.
CREATE OR REPLACE FUNCTION api.archive_classroom(p_district bigint, p_actor bigint, p_classroom bigint) RETURNS void
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

    UPDATE directory.classroom AS c SET state = 'archived', archived_by = 'hand'
     WHERE c.district_id = p_district AND c.classroom_id = p_classroom AND c.archived_by IS DISTINCT FROM 'hand';
    PERFORM api.audit_change(p_district, p_actor, 'archive_classroom', 'CLS-1', 'directory.classroom',
        jsonb_build_object('classroom_id', p_classroom),
        jsonb_build_object('state', v_classroom.state, 'archived_by', v_classroom.archived_by),
        jsonb_build_object('state', 'archived', 'archived_by', 'hand'));
    PERFORM api.mark_classroom(p_district, p_classroom);
END
$$;
COMMENT ON FUNCTION api.archive_classroom(bigint, bigint, bigint) IS
    'Archives a classroom by hand (CLS-1, CLS-9, CLS-10; RS008, RS001).';
REVOKE ALL ON FUNCTION api.archive_classroom(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.archive_classroom(bigint, bigint, bigint) TO rosterd_app;
