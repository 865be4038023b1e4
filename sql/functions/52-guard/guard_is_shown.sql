CREATE OR REPLACE FUNCTION sync.guard_is_shown(p_slot smallint, p_hold rosterd.hold) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_prefix CONSTANT text := CASE p_hold.what WHEN 'mapping' THEN 'mapped ' ELSE '' END;
BEGIN
    IF p_hold.what = 'mapping' AND EXISTS (
        SELECT FROM sync.delta_same s WHERE s.slot = p_slot
          AND NOT EXISTS (SELECT FROM sync.offered o WHERE o.district_id = p_hold.district_id AND o.run_id = p_hold.run_id
                                                      AND o.new_id = s.sourced_id AND o.old_id = s.old_id)) THEN
        RETURN false;
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM sync.plan_item i
        WHERE i.slot = p_slot
          AND (i.what = 'loss' AND p_hold.what <> 'additions' OR i.what = 'addition' AND p_hold.withholds = 'all')
          AND NOT EXISTS (SELECT FROM sync.shown s CROSS JOIN LATERAL unnest(s.items) AS shown (item)
                          WHERE s.district_id = p_hold.district_id AND s.run_id = p_hold.run_id AND s.what = v_prefix || i.what AND shown.item = i.item));
END
$function$;

COMMENT ON FUNCTION sync.guard_is_shown(smallint, rosterd.hold) IS
    'Whether the plan takes away and brings in nothing but what the approved run had shown; fewer is fine (SAFE-4).';
REVOKE ALL ON FUNCTION sync.guard_is_shown(smallint, rosterd.hold) FROM PUBLIC;
