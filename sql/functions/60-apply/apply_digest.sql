-- The mirror is what the file said, so the digest of the file is one of the mirror: not if anything was
-- withheld or kept because an id could not be read, nor if a link was ended that the file may state: when its
-- student is back, it has to be read again. Without a file neither has changed, that last aside.
CREATE OR REPLACE FUNCTION sync.apply_digest(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_digest uuid;
    v_ended CONSTANT boolean := EXISTS (SELECT FROM sync.ended_by_moving(p_slot));
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.staged AND NOT v_ended THEN
        RETURN;
    END IF;
    IF v.staged AND NOT v_ended AND v.verdict = 'apply' AND sync.is_complete(p_slot, 'class')
       AND sync.is_complete(p_slot, 'person') AND sync.is_complete(p_slot, 'enrollment')
       AND (SELECT count(DISTINCT (u.kind, u.sourced_id)) FROM sync.delta_unsettled u WHERE u.slot = p_slot) <= sync.unsettled_most() THEN
        SELECT s.digest INTO v_digest FROM stage.slot s WHERE s.slot = p_slot;
    END IF;
    UPDATE sis.judged j SET digest = v_digest WHERE j.district_id = (SELECT v.district_id) AND j.digest IS DISTINCT FROM v_digest;
    DELETE FROM sis.unsettled m
    WHERE m.district_id = (SELECT v.district_id)
      AND (v_digest IS NULL
           OR NOT EXISTS (SELECT FROM sync.delta_unsettled u WHERE u.slot = p_slot AND u.kind = m.kind AND u.sourced_id = m.sourced_id));
    IF v_digest IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO sis.unsettled (district_id, kind, sourced_id)
    SELECT DISTINCT v.district_id, u.kind, u.sourced_id
    FROM sync.delta_unsettled u
    WHERE u.slot = p_slot
      AND NOT EXISTS (SELECT FROM sis.unsettled m WHERE m.district_id = (SELECT v.district_id) AND m.kind = u.kind AND m.sourced_id = u.sourced_id)
    ORDER BY u.kind, u.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.apply_digest(smallint) IS
    'Notes which digest says what the mirror holds, if one does, and which records are to be sent again all the same (UPD-6).';
REVOKE ALL ON FUNCTION sync.apply_digest(smallint) FROM PUBLIC;
