-- A pin given by hand takes the place of one that an undo left. The next run takes it into account.
CREATE OR REPLACE FUNCTION rosterd.pin(p_district bigint, p_kind text, p_id bigint, p_reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_reason text;
    v_before sync.pin;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM sync.check_pinned(p_district, p_kind, p_id);
    v_reason := sync.check_reason(p_reason);
    SELECT * INTO v_before FROM sync.pin p WHERE p.district_id = p_district AND p.kind = p_kind AND p.id = p_id;
    INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by) VALUES (p_district, p_kind, p_id, v_reason, rosterd.who())
    ON CONFLICT (district_id, kind, id) DO UPDATE
    SET reason = excluded.reason, pinned_by = excluded.pinned_by, pinned_at = now(), undo_run = NULL;
    PERFORM api.audit_change(p_district, NULL, 'pin by ' || rosterd.who(), 'UPD-7', 'sync.pin', jsonb_build_object(p_kind || '_id', p_id),
        CASE WHEN v_before.reason IS NOT NULL THEN jsonb_build_object('reason', v_before.reason, 'undo_run', v_before.undo_run) END,
        jsonb_build_object('reason', v_reason, 'undo_run', NULL));
    PERFORM sync.mark_pinned(p_district, p_kind, p_id);
    RETURN format('the sync does not remove %s %s any more, until you type: SELECT rosterd.unpin(%s, %L, %s);',
                  p_kind, p_id, p_district, p_kind, p_id);
END
$function$;

COMMENT ON FUNCTION rosterd.pin(bigint, text, bigint, text) IS
    'Never remove by sync: a person keeps their schools, classrooms, students and credentials, a classroom is neither archived nor disconnected, whatever the file says. kind is person or classroom. Reading: TABLE rosterd.pins. RS008, RS012.';
REVOKE ALL ON FUNCTION rosterd.pin(bigint, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.pin(bigint, text, bigint, text) TO rosterd_csm, rosterd_ops;
