-- By the dates of earlier accepted files: a file that leaves classes out often leaves their sessions
-- out too, or a broken one says that all of them are over.
CREATE OR REPLACE FUNCTION sync.guard_terms(p_slot smallint, p_kind text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_rooms bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_rooms := ARRAY(SELECT DISTINCT i.one FROM sync.plan_item i WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind = p_kind);
    IF v_rooms = '{}' THEN
        RETURN;
    END IF;
    UPDATE sync.plan_item i SET what = 'dated'
    FROM (SELECT r.classroom_id
          FROM directory.classroom r
          JOIN sis.class c ON c.district_id = (SELECT v.district_id) AND c.sourced_id = r.sourced_id AND (v.whole OR c.sourced_id = ANY (v.classes))
          CROSS JOIN LATERAL unnest(c.terms) AS t (term)
          LEFT JOIN sis.session s ON s.district_id = (SELECT v.district_id) AND s.sourced_id = t.term
          WHERE r.district_id = (SELECT v.district_id) AND r.classroom_id = ANY (v_rooms)
          GROUP BY r.classroom_id
          HAVING bool_and(coalesce(s.end_date < v.today, false))) over
    WHERE i.slot = p_slot AND i.what = 'loss' AND i.kind = p_kind AND i.one = over.classroom_id;
END
$function$;

COMMENT ON FUNCTION sync.guard_terms(smallint, text) IS 'Sets aside what a plan takes away of classes whose sessions have all ended (SAFE-3).';
REVOKE ALL ON FUNCTION sync.guard_terms(smallint, text) FROM PUBLIC;
