-- A pair of accounts that had ended before its student left stays ended for the records it was about:
-- by going to another account, none of them takes up the student's pages again.
CREATE OR REPLACE FUNCTION sync.ended_by_moving(p_slot smallint) RETURNS TABLE (student text, guardian text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_moved bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_moved := ARRAY(SELECT DISTINCT p.was FROM sync.after_person p WHERE p.slot = p_slot AND p.live AND p.judged AND p.was <> p.account);
    IF v_moved = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT l.student, l.guardian
    FROM sync.after_link l
    JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian AND g.live AND g.judged AND g.was <> g.account
    JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student AND s.is_student AND NOT s.live
    JOIN (SELECT r.student_id, r.guardian_id FROM directory.relationship r
          WHERE r.district_id = (SELECT v.district_id) AND r.guardian_id = ANY (v_moved) AND r.suspended) r
        ON r.student_id = s.was AND r.guardian_id = g.was
    WHERE l.slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.ended_by_moving(smallint) IS 'The links of records that go to another account to students who left after the pair had ended: they end, too (CRED-7, UPD-2).';
REVOKE ALL ON FUNCTION sync.ended_by_moving(smallint) FROM PUBLIC;
