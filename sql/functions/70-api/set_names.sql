-- Names given by hand. A synced student's are kept beside the SIS's, like the name of a classroom:
-- they stay whatever the SIS sends, and an empty one goes back to the SIS's. Other invitees' names
-- last until the next run, active people's for good.
CREATE OR REPLACE FUNCTION api.set_names(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                         p_person directory.person, p_given text, p_family text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_after directory.person := p_person;
    v_given CONSTANT text := sync.normalise_name(p_given);
    v_family CONSTANT text := sync.normalise_name(p_family);
    v_sis_given text;
    v_sis_family text;
BEGIN
    SELECT s.given_name, s.family_name INTO v_sis_given, v_sis_family
      FROM sis.person AS s
     WHERE s.district_id = p_district AND s.person_id = p_person.person_id
     ORDER BY s.live DESC, s.sourced_id = p_person.sourced_id DESC, s.sourced_id
     LIMIT 1;
    IF FOUND AND api.is_student(p_district, p_person.person_id) THEN
        IF v_given IS NOT NULL THEN
            v_after.edited_given_name := nullif(v_given, '');
            v_after.given_name := coalesce(v_after.edited_given_name, v_sis_given);
        END IF;
        IF v_family IS NOT NULL THEN
            v_after.edited_family_name := nullif(v_family, '');
            v_after.family_name := coalesce(v_after.edited_family_name, v_sis_family);
        END IF;
    ELSE
        v_after.given_name := coalesce(v_given, v_after.given_name);
        v_after.family_name := coalesce(v_family, v_after.family_name);
    END IF;
    PERFORM api.check_name(v_after.given_name, 'a given name'), api.check_name(v_after.family_name, 'a family name');

    UPDATE directory.person AS p
       SET given_name = v_after.given_name, family_name = v_after.family_name,
           edited_given_name = v_after.edited_given_name, edited_family_name = v_after.edited_family_name
     WHERE p.district_id = p_district AND p.person_id = p_person.person_id AND v_after IS DISTINCT FROM p_person;
    PERFORM api.audit_change(p_district, p_actor, p_act, p_rule, 'directory.person',
        jsonb_build_object('person_id', p_person.person_id),
        jsonb_build_object('given_name', p_person.given_name, 'family_name', p_person.family_name),
        jsonb_build_object('given_name', v_after.given_name, 'family_name', v_after.family_name));
    PERFORM api.mark_people(p_district, ARRAY[p_person.person_id]);
END
$$;
COMMENT ON FUNCTION api.set_names(bigint, bigint, text, text, directory.person, text, text) IS
    'Changes a person''s names; a synced student''s stay until cleared with an empty name (STU-4, ACC-1, GRD-4).';
REVOKE ALL ON FUNCTION api.set_names(bigint, bigint, text, text, directory.person, text, text) FROM PUBLIC;
