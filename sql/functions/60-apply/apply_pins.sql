CREATE OR REPLACE FUNCTION sync.apply_pins(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    WITH ended AS (
        DELETE FROM sync.pin p USING sync.plan_pin n
        WHERE n.slot = p_slot AND n.op = 'remove' AND p.district_id = (SELECT v.district_id) AND p.kind = n.kind AND p.id = n.id
        RETURNING p.kind, p.id, p.reason
    )
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before)
    SELECT v.district_id, v.run_id, 'UPD-7', 'sync.pin', jsonb_build_object(e.kind || '_id', e.id), jsonb_build_object('reason', e.reason)
    FROM ended e;
END
$function$;

COMMENT ON FUNCTION sync.apply_pins(smallint) IS 'Ends the pins of what an undo put back and the SIS has changed since (UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_pins(smallint) FROM PUBLIC;
