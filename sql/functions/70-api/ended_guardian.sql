-- An invitee whose last pair ended holds nothing any more, so a leader who gives them back cannot name
-- them by a credential they hold: by their name and what their record gives, or that they hold nothing.
CREATE OR REPLACE FUNCTION api.ended_guardian(p_district bigint, p_student bigint, p_given text, p_family text,
                                              p_values text[]) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT min(r.guardian_id)
      FROM directory.relationship AS r
      JOIN directory.person AS p ON p.district_id = p_district AND p.person_id = r.guardian_id AND p.status = 'invitee'
     WHERE r.district_id = p_district AND r.student_id = p_student AND r.suspended
       AND api.has_name(p_district, r.guardian_id, p_given, p_family)
       AND (api.sis_gives(p_district, r.guardian_id, p_values)
            OR NOT EXISTS (SELECT FROM directory.credential AS c WHERE c.district_id = p_district AND c.person_id = r.guardian_id))
    HAVING count(*) = 1
$$;
COMMENT ON FUNCTION api.ended_guardian(bigint, bigint, text, text, text[]) IS
    'The invitee of this name whose pair with the student was ended, to be linked again instead of doubled (GRD-1, UPD-2).';
REVOKE ALL ON FUNCTION api.ended_guardian(bigint, bigint, text, text, text[]) FROM PUBLIC;
