CREATE OR REPLACE FUNCTION sync.hold_items(p_slot smallint, p_prefix text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO sync.shown (district_id, run_id, what, items)
    SELECT v.district_id, v.run_id, p_prefix || w.what,
           ARRAY(SELECT DISTINCT i.item FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = w.what ORDER BY i.item)
    FROM sync.scope v CROSS JOIN (VALUES ('loss'), ('addition')) AS w (what)
    WHERE v.slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.hold_items(smallint, text) IS 'Keeps the hashes of the losses and additions of a plan that is shown.';
REVOKE ALL ON FUNCTION sync.hold_items(smallint, text) FROM PUBLIC;
