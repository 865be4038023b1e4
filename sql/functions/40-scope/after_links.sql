-- As with enrollments, whose they are is looked up here once for all. Of a student with several
-- ids the last one speaks: what was last accepted of an older one says nothing any more, or nobody could ever be
-- taken from a student who goes on under another id, and would be given back when they leave.
CREATE OR REPLACE FUNCTION sync.after_links(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_accounts bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.after_link (slot, student, guardian, stands, student_account, student_live, guardian_account, guardian_live, judged)
    SELECT p_slot, l.student, l.guardian,
           CASE WHEN l.both_needed THEN l.by_student AND l.by_guardian ELSE l.by_student OR l.by_guardian END,
           s.account, s.live, g.account, g.live AND g.is_guardian, g.judged
    FROM (SELECT m.student, m.guardian, m.by_student, m.by_guardian, m.both_needed
          FROM sis.link m
          WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.guardian = ANY (v.people))
            AND NOT EXISTS (SELECT FROM sync.delta_link d WHERE d.slot = p_slot AND d.student = m.student AND d.guardian = m.guardian)
          UNION ALL
          SELECT d.student, d.guardian, d.by_student, d.by_guardian, d.both_needed FROM sync.delta_link d WHERE d.slot = p_slot) l
    LEFT JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student AND s.is_student
    LEFT JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian;

    v_accounts := ARRAY(
        SELECT DISTINCT l.student_account FROM sync.after_link l
        WHERE l.slot = p_slot AND l.stands AND NOT l.student_live
          AND EXISTS (SELECT FROM sync.after_person o
                      WHERE o.slot = p_slot AND o.account = l.student_account AND o.sourced_id <> l.student AND o.is_student));
    IF v_accounts = '{}' THEN
        RETURN;
    END IF;
    WITH record AS MATERIALIZED (
        SELECT p.account, p.sourced_id, CASE WHEN p.live THEN 'infinity' WHEN m.live THEN v.run_id::double precision ELSE m.changed_by_run END AS until
        FROM sync.after_person p
        LEFT JOIN sis.person m ON m.district_id = (SELECT v.district_id) AND m.sourced_id = p.sourced_id AND m.person_id = ANY (v_accounts)
        WHERE p.slot = p_slot AND p.is_student AND p.account = ANY (v_accounts)
    ), newest AS (
        SELECT r.account, max(r.until) AS until FROM record r GROUP BY r.account
    )
    UPDATE sync.after_link l SET stands = false
    FROM record r JOIN newest n ON n.account = r.account AND n.until > r.until
    WHERE l.slot = p_slot AND l.student = r.sourced_id AND l.stands;
END
$function$;

COMMENT ON FUNCTION sync.after_links(smallint) IS 'The relationships of the scope as the SIS will state them, and whose they are (IN-5, UPD-2).';
REVOKE ALL ON FUNCTION sync.after_links(smallint) FROM PUBLIC;
