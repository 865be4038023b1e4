-- A number for an account is drawn for everybody who may get one. Guardians who are not added in the
-- end (CRED-1) waste theirs.
CREATE OR REPLACE FUNCTION sync.after_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.after_person (slot, sourced_id, given_name, family_name, roles, email, sms, phone, invalid, live,
                                   is_student, is_teacher, is_guardian, account, is_new, judged, was, attached, left_account)
    SELECT p_slot, p.sourced_id, p.given_name, p.family_name, p.roles, p.email, p.sms, p.phone, p.invalid, p.live,
           p.is_student, p.is_teacher, p.is_guardian,
           coalesce(p.person_id, same.account, CASE WHEN p.live AND (p.is_student OR p.is_teacher OR p.is_guardian) THEN nextval('directory.person_person_id_seq') END),
           p.person_id IS NULL, v.whole OR p.sourced_id = ANY (v.judged), p.person_id, p.attached, p.left_account
    FROM (SELECT r.*, sync.has_role(r.roles, 'student') AS is_student, sync.has_role(r.roles, 'teacher') AS is_teacher,
                 sync.has_role(r.roles, 'guardian') OR sync.has_role(r.roles, 'parent')
                     OR v.relatives_are_guardians AND sync.has_role(r.roles, 'relative') AS is_guardian
          FROM (SELECT m.sourced_id, m.given_name, m.family_name, m.roles, m.email, m.sms, m.phone, m.invalid,
                       m.live AND d.op IS NULL AS live, m.person_id, m.attached, m.left_account
                FROM sis.person m LEFT JOIN sync.delta_person d ON d.slot = p_slot AND d.sourced_id = m.sourced_id
                WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.sourced_id = ANY (v.people)) AND (d.op IS NULL OR d.op = 'gone')
                UNION ALL
                SELECT d.sourced_id, d.given_name, d.family_name, d.roles, d.email, d.sms, d.phone, d.invalid, true, m.person_id, m.attached, m.left_account
                FROM sync.delta_person d
                LEFT JOIN sis.person m ON m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id AND (v.whole OR m.sourced_id = ANY (v.people))
                WHERE d.slot = p_slot AND d.op <> 'gone') r) p
    LEFT JOIN sync.delta_same same ON same.slot = p_slot AND same.sourced_id = p.sourced_id;
END
$function$;

COMMENT ON FUNCTION sync.after_people(smallint) IS 'The people of the scope as they will be, and their roles; relative counts by setting (IN-4, IN-7).';
REVOKE ALL ON FUNCTION sync.after_people(smallint) FROM PUBLIC;
