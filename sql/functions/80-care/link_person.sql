-- Says by hand whose a record is, where the rules would not guess. The next run moves what the record
-- states to that person: names, rosters, relationships. The account it had keeps what was done by hand.
-- Linking it again to the account it had takes that back. An account that a student's record has left stays
-- a child's, whatever becomes of the record.
CREATE OR REPLACE FUNCTION rosterd.link_person(p_district bigint, p_person bigint, p_sourced_id text, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_record sis.person;
    v_reason text;
    v_is_student boolean;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    PERFORM api.lock_people(p_district, ARRAY[p_person, (SELECT s.person_id FROM sis.person AS s WHERE s.district_id = p_district AND s.sourced_id = p_sourced_id)]);
    PERFORM api.person_of(p_district, p_person);
    SELECT * INTO v_record FROM sis.person AS s WHERE s.district_id = p_district AND s.sourced_id = p_sourced_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such record in this district',
            HINT = 'A record is known once a sync has taken it in. Its sourcedId is the one in users.csv.';
    END IF;
    v_reason := sync.check_reason(p_reason);
    v_is_student := sync.has_role(v_record.roles, 'student');
    IF NOT v_is_student AND NOT (sync.has_role(v_record.roles, 'teacher') OR sync.has_role(v_record.roles, 'guardian')
                                 OR sync.has_role(v_record.roles, 'parent') OR sync.has_role(v_record.roles, 'relative')) THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'people of this role are not brought in',
            HINT = 'Only students, teachers, guardians, parents and relatives are.';
    END IF;
    IF EXISTS (SELECT FROM directory.role AS r
                WHERE r.district_id = p_district AND r.person_id = p_person AND (r.role = 'student') <> v_is_student)
       OR EXISTS (SELECT FROM directory.relationship AS g WHERE g.district_id = p_district AND g.guardian_id = p_person AND v_is_student)
       OR EXISTS (SELECT FROM sis.person AS s
                   WHERE s.district_id = p_district AND (s.person_id = p_person OR s.left_account = p_person AND v_is_student)
                     AND sync.has_role(s.roles, 'student') <> v_is_student)
       OR EXISTS (SELECT FROM directory.person AS p
                   WHERE p.district_id = p_district AND p.person_id = p_person AND (p.account_enabled OR p.was_student) AND NOT v_is_student) THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'a student and an adult are never one person',
            HINT = 'Give each of them an id of their own in the SIS.';
    END IF;

    UPDATE sis.person AS s
       SET person_id = p_person, attached = 'hand',
           left_account = CASE WHEN s.person_id <> p_person THEN s.person_id ELSE s.left_account END
     WHERE s.district_id = p_district AND s.sourced_id = p_sourced_id;
    -- one that no sync has made a child's yet is nobody's child by a link that is taken back
    UPDATE directory.person AS p SET was_student = true
     WHERE p.district_id = p_district AND p.person_id = v_record.person_id AND p.person_id <> p_person AND v_is_student
       AND (p.sourced_id IS NOT NULL
            OR EXISTS (SELECT FROM directory.role AS r WHERE r.district_id = p_district AND r.person_id = p.person_id AND r.role = 'student'));
    -- how it came to be theirs is looked at when the record returns (sync.delta_strangers)
    UPDATE sis.judged AS j SET digest = NULL WHERE j.district_id = p_district AND j.digest IS NOT NULL;
    PERFORM api.audit_change(p_district, NULL, 'link_person by ' || rosterd.who(), 'CRED-9', 'sis.person',
        jsonb_build_object('sourced_id', p_sourced_id), jsonb_build_object('person_id', v_record.person_id),
        jsonb_build_object('person_id', p_person, 'reason', v_reason));
    PERFORM api.mark_people(p_district, array_remove(ARRAY[p_person, v_record.person_id], NULL));
    PERFORM api.mark_values(p_district, array_remove(ARRAY[v_record.email, v_record.sms, v_record.phone], NULL));
END
$$;
COMMENT ON FUNCTION rosterd.link_person(bigint, bigint, text, text) IS
    'Makes a record of the SIS a record of this person, from the next run on (CRED-9, OFF-3, ABN-B1; RS008, RS012).';
REVOKE ALL ON FUNCTION rosterd.link_person(bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.link_person(bigint, bigint, text, text) TO rosterd_csm, rosterd_ops;
