-- Of the pairs that end: those withheld, and all of a guardian who is.
CREATE OR REPLACE FUNCTION sync.guard_take_links(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    WITH ended AS MATERIALIZED (
        SELECT d.student, d.guardian
        FROM sync.delta_link d
        JOIN sis.person s ON s.district_id = (SELECT v.district_id) AND s.sourced_id = d.student
        JOIN sis.person g ON g.district_id = (SELECT v.district_id) AND g.sourced_id = d.guardian
        LEFT JOIN (SELECT DISTINCT i.one FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'withheld' AND i.kind = 'guardians') w
            ON w.one = g.person_id
        LEFT JOIN (SELECT DISTINCT i.one, i.other FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'withheld' AND i.kind = 'guardianships') p
            ON p.one = s.person_id AND p.other = g.person_id
        WHERE d.slot = p_slot AND d.op = 'changed' AND (w.one IS NOT NULL OR p.one IS NOT NULL)
          AND NOT CASE WHEN d.both_needed THEN d.by_student AND d.by_guardian ELSE d.by_student OR d.by_guardian END
    ), taken AS (
        DELETE FROM sync.delta_link d USING ended e WHERE d.slot = p_slot AND d.student = e.student AND d.guardian = e.guardian RETURNING d.*)
    INSERT INTO sync.delta_withheld (slot, kind, sourced_id, other, gone, line)
    SELECT t.slot, 'link', t.student, t.guardian, true, to_jsonb(t) FROM taken t;
END
$function$;

COMMENT ON FUNCTION sync.guard_take_links(smallint) IS 'Takes the ends of withheld relationships out of the delta and keeps them aside (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_take_links(smallint) FROM PUBLIC;
