CREATE OR REPLACE FUNCTION sync.after_links(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.after_link (slot, student, guardian, stands)
    SELECT p_slot, l.student, l.guardian,
           CASE WHEN l.both_needed THEN l.by_student AND l.by_guardian ELSE l.by_student OR l.by_guardian END
    FROM (SELECT m.student, m.guardian, m.by_student, m.by_guardian, m.both_needed
          FROM sis.link m
          WHERE m.district_id = v.district_id AND (v.whole OR m.guardian = ANY (v.people))
            AND NOT EXISTS (SELECT FROM sync.delta_link d WHERE d.slot = p_slot AND d.student = m.student AND d.guardian = m.guardian)
          UNION ALL
          SELECT d.student, d.guardian, d.by_student, d.by_guardian, d.both_needed FROM sync.delta_link d WHERE d.slot = p_slot) l;
END
$function$;

COMMENT ON FUNCTION sync.after_links(smallint) IS 'The relationships of the scope as the SIS will state them (IN-5).';
REVOKE ALL ON FUNCTION sync.after_links(smallint) FROM PUBLIC;
