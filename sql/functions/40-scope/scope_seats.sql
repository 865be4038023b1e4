-- Somebody's enrollment at a school where they are by their own record, in the same role, neither gives nor takes
-- them that school: of all that is theirs, only the place in that one class can change. Not so where more may
-- hang on it: a class that has changed itself, had ended or ends by its date or by that of another enrollment of theirs in it,
-- an account of several records, a pin.
CREATE OR REPLACE FUNCTION sync.scope_seats(p_slot smallint, p_people text[], p_classes text[]) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_known text[];
    v_enrolled text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_known := ARRAY(SELECT d.sourced_id FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op <> 'new');
    v_enrolled := ARRAY(
        (SELECT d.person FROM sync.delta_enrollment d WHERE d.slot = p_slot
         UNION SELECT e.person FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.sourced_id = ANY (v_known))
        EXCEPT SELECT unnest(p_people));
    INSERT INTO sync.after_seat (slot, person, class, account, is_student, is_teacher)
    WITH place AS MATERIALIZED (
        SELECT d.person, d.class, d.role, d.end_date FROM sync.delta_enrollment d WHERE d.slot = p_slot AND d.op <> 'gone'
        UNION
        SELECT e.person, e.class, e.role, e.end_date FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.sourced_id = ANY (v_known)
    ), record AS MATERIALIZED (
        SELECT m.sourced_id, m.person_id, U&'\001F' || m.roles || U&'\001F' AS roles
        FROM sis.person m
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM sis.person o WHERE o.district_id = (SELECT v.district_id) AND o.person_id = m.person_id OFFSET 0) own
        WHERE m.district_id = (SELECT v.district_id) AND m.sourced_id = ANY (v_enrolled) AND m.live AND m.left_account IS NULL AND own.n = 1
          AND NOT EXISTS (SELECT FROM sync.pin p WHERE p.district_id = (SELECT v.district_id) AND p.kind = 'person' AND p.id = m.person_id)
    ), class AS MATERIALIZED (
        SELECT c.sourced_id, c.school FROM sis.class c
        WHERE c.district_id = (SELECT v.district_id) AND c.sourced_id = ANY (ARRAY(SELECT p.class FROM place p EXCEPT SELECT unnest(p_classes)))
    ), seated AS (
        SELECT p.person, max(r.person_id) AS account, max(r.roles) AS roles
        FROM place p
        LEFT JOIN record r ON r.sourced_id = p.person
        LEFT JOIN class c ON c.sourced_id = p.class
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM sis.enrollment o
                            WHERE o.district_id = (SELECT v.district_id) AND o.person = p.person AND o.class = p.class AND o.end_date < v.today OFFSET 0) ended
        GROUP BY p.person
        HAVING bool_and(coalesce(strpos(r.roles, U&'\001F' || p.role || U&'\001E' || c.school || U&'\001F') > 0, false)
                        AND (p.end_date IS NULL OR p.end_date >= v.today) AND ended.n = 0)
    )
    SELECT DISTINCT p_slot, p.person, p.class, s.account, strpos(s.roles, U&'\001Fstudent\001E') > 0, strpos(s.roles, U&'\001Fteacher\001E') > 0
    FROM place p JOIN seated s ON s.person = p.person;
    RETURN ARRAY(SELECT unnest(v_enrolled) EXCEPT SELECT s.person FROM sync.after_seat s WHERE s.slot = p_slot);
END
$function$;

COMMENT ON FUNCTION sync.scope_seats(smallint, text[], text[]) IS
    'Notes the places in classes that are judged although their people are not: parameters are who is judged anyway, and the classes that changed. Returns whose enrollments may change more of them (UPD-1, UPD-6).';
REVOKE ALL ON FUNCTION sync.scope_seats(smallint, text[], text[]) FROM PUBLIC;
