-- The caller is nobody yet, so every refusal that depends on the district's data is the same. What is
-- refused otherwise (RS009, blank names) depends on what was typed alone, and comes first.
CREATE OR REPLACE FUNCTION api.join_with_code(p_district bigint, p_code text, p_student_given text,
                                              p_student_family text, p_given text, p_family text, p_email text,
                                              p_sms text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_given text;
    v_family text;
    v_kinds text[];
    v_values text[];
    v_classroom bigint;
    v_students bigint[];
    v_guardian bigint;
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    v_given := api.check_name(p_given, 'a given name');
    v_family := api.check_name(p_family, 'a family name');
    SELECT coalesce(array_agg(g.kind), '{}'), coalesce(array_agg(g.value), '{}') INTO v_kinds, v_values
      FROM api.contacts_given(v_settings, p_email, p_sms, NULL) AS g WHERE g.value <> '';
    PERFORM api.need_credential(v_values);

    SELECT j.classroom_id INTO v_classroom
      FROM directory.join_code AS j
      JOIN directory.classroom AS c ON c.district_id = p_district AND c.classroom_id = j.classroom_id AND c.state = 'active'
     WHERE j.district_id = p_district
       AND j.code = translate(upper(p_code COLLATE "C"), 'OIL -', '011');
    SELECT coalesce(array_agg(p.person_id), '{}') INTO v_students
      FROM directory.member AS m
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = m.person_id
     WHERE m.district_id = p_district AND m.classroom_id = v_classroom AND m.role = 'student'
       AND sync.normalise_name(p.given_name) = sync.normalise_name(p_student_given)
       AND sync.normalise_name(p.family_name) = sync.normalise_name(p_student_family);
    IF cardinality(v_students) <> 1 THEN
        PERFORM api.join_refused();
    END IF;
    PERFORM api.lock_people(p_district, v_students || ARRAY(
        SELECT c.person_id FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (v_values)));
    BEGIN
        PERFORM api.take_from_students(p_district, NULL, 'join_with_code', v_students, v_values);
        v_guardian := api.holder_of(p_district, v_given, v_family, v_values);
        IF v_guardian IS NULL THEN
            v_guardian := api.new_person(p_district, NULL, 'join_with_code', 'GRD-2', v_given, v_family, 'active');
            PERFORM api.give_credentials(p_district, v_guardian, 'join_with_code', 'GRD-2', v_guardian, v_kinds, v_values, true);
        END IF;
    EXCEPTION WHEN SQLSTATE 'RS005' THEN
        PERFORM api.join_refused();
    END;
    IF api.pair_is_over(p_district, v_students[1], v_guardian, v_given, v_family, v_values) THEN
        PERFORM api.join_refused();
    END IF;

    PERFORM api.make_active(p_district, v_guardian, v_guardian, 'join_with_code', 'GRD-2', v_values);
    PERFORM api.link_guardian(p_district, v_guardian, 'join_with_code', 'GRD-2', v_students[1], v_guardian);
    PERFORM api.mark_people(p_district, v_students);
    RETURN v_guardian;
END
$$;
COMMENT ON FUNCTION api.join_with_code(bigint, text, text, text, text, text, text, text) IS
    'Makes or finds the guardian who joins by a classroom''s code, naming a student in it; active from then on (GRD-2, GRD-3, UPD-2; RS006, RS009).';
REVOKE ALL ON FUNCTION api.join_with_code(bigint, text, text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.join_with_code(bigint, text, text, text, text, text, text, text) TO rosterd_app;
