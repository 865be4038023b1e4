-- A record that the SIS brings for the first time may be of a student whom a leader made while the sync
-- was off. Names are compared to the letter, and only if nobody else in the school's directory has the
-- same: a wrong match shows one family's child to another.
CREATE OR REPLACE FUNCTION sync.identify_students(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_hand bigint[];
    v_schools bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_hand := ARRAY(SELECT r.person_id FROM directory.role r
                    WHERE r.district_id = (SELECT v.district_id) AND r.role = 'student' AND r.claim_manual AND r.state = 'active');
    v_hand := ARRAY(SELECT unnest(v_hand)
                    EXCEPT SELECT m.person_id FROM sis.person m WHERE m.district_id = (SELECT v.district_id) AND m.person_id = ANY (v_hand));
    IF cardinality(v_hand) = 0
       OR NOT EXISTS (SELECT FROM sync.after_person p WHERE p.slot = p_slot AND p.live AND p.is_student AND p.was IS NULL) THEN
        RETURN;
    END IF;
    v_schools := ARRAY(SELECT DISTINCT r.school_id FROM directory.role r
                       WHERE r.district_id = (SELECT v.district_id) AND r.person_id = ANY (v_hand) AND r.role = 'student' AND r.state = 'active');
    WITH namesake AS MATERIALIZED (
        SELECT o.person_id, o.school_id, sync.normalise_name(d.given_name) AS given_name, sync.normalise_name(d.family_name) AS family_name,
               o.person_id = ANY (v_hand) AS by_hand
        FROM directory.role o
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = o.person_id
        WHERE o.district_id = (SELECT v.district_id) AND o.school_id = ANY (v_schools) AND o.role = 'student' AND o.state = 'active'
    ), fresh AS MATERIALIZED (
        SELECT p.sourced_id, s.school_id, sync.normalise_name(p.given_name) AS given_name, sync.normalise_name(p.family_name) AS family_name
        FROM sync.after_person p
        JOIN (SELECT DISTINCT a.sourced_id, a.school_id FROM sync.after_school a WHERE a.slot = p_slot AND a.role = 'student') s ON s.sourced_id = p.sourced_id
        WHERE p.slot = p_slot AND p.live AND p.is_student AND p.was IS NULL
          AND s.school_id = ANY (v_schools)
    ), pair AS MATERIALIZED (
        SELECT DISTINCT f.sourced_id, n.person_id
        FROM fresh f
        JOIN namesake n ON n.school_id = f.school_id AND n.given_name = f.given_name AND n.family_name = f.family_name
        JOIN (SELECT DISTINCT h.school_id, h.given_name, h.family_name FROM namesake h WHERE h.by_hand) h
            ON h.school_id = n.school_id AND h.given_name = n.given_name AND h.family_name = n.family_name
    ), one AS (
        SELECT p.sourced_id, min(p.person_id) AS person_id FROM pair p GROUP BY p.sourced_id HAVING count(*) = 1
    )
    UPDATE sync.after_person p SET account = o.person_id, attached = 'match'
    FROM one o
    JOIN (SELECT p.person_id FROM pair p GROUP BY p.person_id HAVING count(*) = 1) other ON other.person_id = o.person_id
    WHERE p.slot = p_slot AND p.sourced_id = o.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.identify_students(smallint) IS 'Which new student records are of students made by hand: by identical name in one school, if one to one (OFF-3).';
REVOKE ALL ON FUNCTION sync.identify_students(smallint) FROM PUBLIC;
