-- Whose they are is looked up here once for all: the rules would compare half a million ids each time.
CREATE OR REPLACE FUNCTION sync.after_enrollments(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.after_enrollment (slot, class, person, role, account, judged, alone)
    SELECT p_slot, e.class, e.person, e.role, coalesce(p.account, s.account), coalesce(p.judged, false) OR s.person IS NOT NULL, s.account IS NOT NULL
    FROM (SELECT m.class, m.person, m.role, m.begin_date, m.end_date
          FROM sis.enrollment m
          WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.person = ANY (v.people))
            AND NOT EXISTS (SELECT FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.sourced_id = m.sourced_id)
          UNION ALL
          SELECT m.class, m.person, m.role, m.begin_date, m.end_date
          FROM sync.after_seat s
          CROSS JOIN LATERAL (SELECT m.* FROM sis.enrollment m
                              WHERE m.district_id = (SELECT v.district_id) AND m.person = s.person AND m.class = s.class OFFSET 0) m
          WHERE s.slot = p_slot AND s.alone
            AND NOT EXISTS (SELECT FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.sourced_id = m.sourced_id)
          UNION ALL
          SELECT d.class, d.person, d.role, d.begin_date, d.end_date
          FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op <> 'gone') e
    LEFT JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = e.person AND p.live
                                 AND CASE e.role WHEN 'student' THEN p.is_student ELSE p.is_teacher END
    LEFT JOIN (SELECT s.person, s.class, s.is_student, s.is_teacher, CASE WHEN s.alone THEN s.account END AS account
               FROM sync.after_seat s WHERE s.slot = p_slot) s
        ON s.person = e.person AND s.class = e.class AND CASE e.role WHEN 'student' THEN s.is_student ELSE s.is_teacher END
    WHERE e.role IN ('student', 'teacher')
      AND (e.begin_date IS NULL OR e.begin_date - 30 <= v.today) AND (e.end_date IS NULL OR v.today <= e.end_date);
END
$function$;

COMMENT ON FUNCTION sync.after_enrollments(smallint) IS 'The enrollments of the scope that count today, and whose they are: of nobody if the person is gone or has another role (IN-1).';
REVOKE ALL ON FUNCTION sync.after_enrollments(smallint) FROM PUBLIC;
