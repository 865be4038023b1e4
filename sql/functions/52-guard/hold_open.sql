-- Since when a district is held survives a newer file that is held too; the older hold is replaced.
-- With a mapping on offer, the plan is made once more with it, to keep what approving it would do.
CREATE OR REPLACE FUNCTION sync.hold_open(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_since timestamptz;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_since := coalesce((SELECT h.since FROM rosterd.hold h WHERE h.district_id = (SELECT v.district_id) AND h.closed_at IS NULL), clock_timestamp());
    PERFORM sync.hold_close(v.district_id, v.run_id);
    INSERT INTO rosterd.hold (run_id, district_id, file_sha256, withholds, since, shown, settings_version, rules_version, judged_on, marks)
    SELECT v.run_id, v.district_id, r.file_sha256, CASE v.verdict WHEN 'held' THEN 'all' ELSE 'removals' END, v_since, v.shown,
           v.settings_version, sync.rules_version(), v.today, v.marks
    FROM rosterd.run r WHERE r.run_id = v.run_id;
    UPDATE rosterd.run SET shown = v.shown WHERE run_id = v.run_id;

    IF v.verdict = 'held' THEN
        PERFORM sync.hold_items(p_slot, '');
        INSERT INTO sync.offered (district_id, run_id, old_id, new_id)
        SELECT v.district_id, v.run_id, s.old_id, s.sourced_id FROM sync.delta_same s WHERE s.slot = p_slot;
        IF FOUND THEN
            PERFORM sync.guard_judge(p_slot);
            PERFORM sync.hold_items(p_slot, 'mapped ');
        END IF;
    ELSE
        DELETE FROM sync.delta_item d USING sync.plan_item p
        WHERE d.slot = p_slot AND p.slot = p_slot AND p.what = 'loss' AND p.item = d.item;
        INSERT INTO sync.shown (district_id, run_id, what, items)
        SELECT v.district_id, v.run_id, 'loss', ARRAY(SELECT DISTINCT d.item FROM sync.delta_item d WHERE d.slot = p_slot ORDER BY d.item);
    END IF;
END
$function$;

COMMENT ON FUNCTION sync.hold_open(smallint) IS
    'The run of a slot waits for a decision from now on: what it shows is kept, an older hold of the district is replaced (SAFE-4, SAFE-5).';
REVOKE ALL ON FUNCTION sync.hold_open(smallint) FROM PUBLIC;
