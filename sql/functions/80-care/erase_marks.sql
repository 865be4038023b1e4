-- Before anything is gone: the family, and whoever else claims what becomes free. A value that nobody else
-- claims is not noted anywhere.
CREATE OR REPLACE FUNCTION sync.erase_marks(p_district bigint, p_person bigint, p_ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_values CONSTANT text[] := ARRAY(SELECT c.value FROM directory.credential c WHERE c.district_id = p_district AND c.person_id = p_person);
BEGIN
    DELETE FROM sync.mark m WHERE m.district_id = p_district AND (m.kind = 'person' AND m.id = p_person OR m.value = ANY (v_values));
    PERFORM api.mark_people(p_district, ARRAY(
        SELECT r.guardian_id FROM directory.relationship r WHERE r.district_id = p_district AND r.student_id = p_person
        UNION SELECT r.student_id FROM directory.relationship r WHERE r.district_id = p_district AND r.guardian_id = p_person
        UNION SELECT m.person_id FROM sis.link l JOIN sis.person m ON m.district_id = p_district AND m.sourced_id IN (l.student, l.guardian)
              WHERE l.district_id = p_district AND (l.student = ANY (p_ids) OR l.guardian = ANY (p_ids)) AND m.person_id <> p_person));
    PERFORM api.mark_classroom(p_district, m.classroom_id) FROM directory.membership m WHERE m.district_id = p_district AND m.person_id = p_person;
    PERFORM api.mark_values(p_district, ARRAY(
        SELECT v.value FROM (SELECT unnest(v_values) AS value
                             UNION SELECT unnest(ARRAY[m.email, m.sms, m.phone]) FROM sis.person m
                                   WHERE m.district_id = p_district AND m.sourced_id = ANY (p_ids)
                             -- who has not been added claims for this student, too
                             UNION SELECT unnest(ARRAY[m.email, m.sms, m.phone])
                                   FROM sis.link l JOIN sis.person m ON m.district_id = p_district AND m.sourced_id = l.guardian
                                   WHERE l.district_id = p_district AND l.student = ANY (p_ids)) v
        WHERE EXISTS (SELECT FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id <> ALL (p_ids)
                        AND v.value IN (m.email, m.sms, m.phone))));
END
$function$;

COMMENT ON FUNCTION sync.erase_marks(bigint, bigint, text[]) IS 'The next run looks again at the family of who is erased and at the claimants of what becomes free (CRED-6).';
REVOKE ALL ON FUNCTION sync.erase_marks(bigint, bigint, text[]) FROM PUBLIC;
