-- Whether somebody whose relationship with this student has ended would come back by joining (UPD-2). They may
-- come under the old name or with the old address, as a guardian who has lost the last student holds no
-- credential any more. The directory does not know every pair that ended: one that had been withdrawn
-- before (CRED-8), or was never added (CRED-1), is over in the mirror alone.
-- Not over for whoever is the student's guardian now, and for whom the SIS states under another id.
CREATE OR REPLACE FUNCTION api.pair_is_over(p_district bigint, p_student bigint, p_guardian bigint, p_given text,
                                            p_family text, p_values text[]) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_suspended boolean;
    v_is_over boolean;
BEGIN
    SELECT r.suspended INTO v_suspended
      FROM directory.relationship AS r
     WHERE r.district_id = p_district AND r.student_id = p_student AND r.guardian_id = p_guardian;
    IF FOUND THEN
        RETURN v_suspended;
    END IF;
    v_is_over := EXISTS (
        SELECT FROM directory.relationship AS r
         WHERE r.district_id = p_district AND r.student_id = p_student AND r.suspended
           AND (api.has_name(p_district, r.guardian_id, p_given, p_family) OR api.sis_gives(p_district, r.guardian_id, p_values)));
    SELECT (v_is_over OR coalesce(bool_or(NOT x.stands), false)) AND NOT coalesce(bool_or(x.stands AND o.guardian_id IS NULL), false)
      INTO v_is_over
      FROM sis.person AS s
      JOIN sis.link AS l ON l.district_id = p_district AND l.student = s.sourced_id
      JOIN sis.person AS g ON g.district_id = p_district AND g.sourced_id = l.guardian
      LEFT JOIN directory.relationship AS o ON o.district_id = p_district AND o.student_id = p_student
       AND o.guardian_id = g.person_id AND o.suspended
     CROSS JOIN LATERAL (SELECT CASE WHEN l.both_needed THEN l.by_student AND l.by_guardian ELSE l.by_student OR l.by_guardian END
                                AND (g.live OR NOT s.live) AS stands) AS x
     WHERE s.district_id = p_district AND s.person_id = p_student
       AND (s.live OR NOT EXISTS (SELECT FROM sis.person AS n WHERE n.district_id = p_district AND n.person_id = p_student AND n.live))
       AND (g.person_id = p_guardian OR g.email = ANY (p_values) OR g.sms = ANY (p_values) OR g.phone = ANY (p_values)
            OR sync.fold_name(g.given_name) = sync.fold_name(p_given) AND sync.fold_name(g.family_name) = sync.fold_name(p_family));
    RETURN v_is_over;
END
$$;
COMMENT ON FUNCTION api.pair_is_over(bigint, bigint, bigint, text, text, text[]) IS
    'Whether the SIS or a leader has ended the relationship of this student with a guardian of this name or these credentials (GRD-2, UPD-2).';
REVOKE ALL ON FUNCTION api.pair_is_over(bigint, bigint, bigint, text, text, text[]) FROM PUBLIC;
