CREATE OR REPLACE FUNCTION rosterd.unpin(p_district bigint, p_kind text, p_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_before sync.pin;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM sync.check_pinned(p_district, p_kind, p_id);
    DELETE FROM sync.pin p WHERE p.district_id = p_district AND p.kind = p_kind AND p.id = p_id RETURNING * INTO v_before;
    IF NOT FOUND THEN
        RETURN format('%s %s was not pinned', p_kind, p_id);
    END IF;
    PERFORM api.audit_change(p_district, NULL, 'unpin by ' || rosterd.who(), 'UPD-7', 'sync.pin', jsonb_build_object(p_kind || '_id', p_id),
        jsonb_build_object('reason', v_before.reason, 'undo_run', v_before.undo_run), NULL);
    PERFORM sync.mark_pinned(p_district, p_kind, p_id);
    RETURN format('the next run does with %s %s what the SIS says', p_kind, p_id);
END
$function$;

COMMENT ON FUNCTION rosterd.unpin(bigint, text, bigint) IS
    'Ends a pin, also one that an undo left: the next run does what the SIS says. RS008, RS012.';
REVOKE ALL ON FUNCTION rosterd.unpin(bigint, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.unpin(bigint, text, bigint) TO rosterd_csm, rosterd_ops;
