-- EXTREME for the families who left before the district asked for it. A family is judged as a run judges
-- it: the student and every guardian of the last accepted relationships are gone. Rows are detached, and
-- attached again should the student return.
CREATE OR REPLACE FUNCTION rosterd.apply_extreme(p_district bigint, p_preview boolean)
RETURNS TABLE (student_id bigint, sourced_id text, guardians bigint, schools bigint, classrooms bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_settings rosterd.district;
    v_students bigint[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    v_settings := api.district_of(p_district);
    IF p_preview IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'preview is true or false';
    END IF;
    IF NOT p_preview AND v_settings.abandonment <> 'extreme' THEN
        PERFORM api.refuse('the setting abandonment = ''extreme'' of the district');
    END IF;
    v_students := ARRAY(
        SELECT DISTINCT r.person_id
          FROM directory.role AS r
         WHERE r.district_id = p_district AND r.role = 'student' AND r.state = 'archived' AND r.claim_sis
           AND NOT EXISTS (SELECT FROM sis.person AS s WHERE s.district_id = p_district AND s.person_id = r.person_id AND s.live)
           AND NOT EXISTS (SELECT FROM sis.person AS s
                             JOIN sis.link AS l ON l.district_id = p_district AND l.student = s.sourced_id
                              AND CASE WHEN l.both_needed THEN l.by_student AND l.by_guardian ELSE l.by_student OR l.by_guardian END
                             JOIN sis.person AS g ON g.district_id = p_district AND g.sourced_id = l.guardian AND g.live
                            WHERE s.district_id = p_district AND s.person_id = r.person_id
                              -- of several ids the last one speaks, as in sync.after_links
                              AND NOT EXISTS (SELECT FROM sis.person AS n
                                               WHERE n.district_id = p_district AND n.person_id = r.person_id AND n.changed_by_run > s.changed_by_run)));
    IF NOT p_preview THEN
        PERFORM api.lock_people(p_district, v_students);
    END IF;
    RETURN QUERY
    SELECT p.person_id, p.sourced_id,
           (SELECT count(*) FROM directory.guardianship AS g WHERE g.district_id = p_district AND g.student_id = p.person_id),
           (SELECT count(*) FROM directory.role AS r
             WHERE r.district_id = p_district AND r.person_id = p.person_id AND r.role = 'student' AND r.state = 'archived'),
           (SELECT count(*) FROM directory.member AS m
             WHERE m.district_id = p_district AND m.person_id = p.person_id AND m.role = 'student')
      FROM directory.person AS p
     WHERE p.district_id = p_district AND p.person_id = ANY (v_students)
     ORDER BY p.person_id;
    IF p_preview THEN
        RETURN;
    END IF;

    WITH gone AS (
        UPDATE directory.role AS r SET state = 'detached'
         WHERE r.district_id = p_district AND r.person_id = ANY (v_students) AND r.role = 'student' AND r.state = 'archived'
        RETURNING r.person_id, r.school_id, r.claim_sis, r.claim_manual)
    INSERT INTO audit.change (district_id, act, rule, relation, key, before, after)
    SELECT p_district, 'apply_extreme by ' || rosterd.who(), 'ABN-E4', 'directory.role',
           jsonb_build_object('person_id', o.person_id, 'school_id', o.school_id, 'role', 'student'),
           jsonb_build_object('claim_sis', o.claim_sis, 'claim_manual', o.claim_manual, 'state', 'archived'),
           jsonb_build_object('claim_sis', o.claim_sis, 'claim_manual', o.claim_manual, 'state', 'detached')
      FROM gone AS o;
    WITH gone AS (
        UPDATE directory.membership AS m SET detached = true
          FROM directory.classroom AS c
         WHERE m.district_id = p_district AND m.person_id = ANY (v_students) AND m.role = 'student' AND NOT m.detached
           AND c.district_id = p_district AND c.classroom_id = m.classroom_id AND c.state = 'archived'
        RETURNING m.classroom_id, m.person_id, m.claim_sis, m.claim_manual, m.suspended)
    INSERT INTO audit.change (district_id, act, rule, relation, key, before, after)
    SELECT p_district, 'apply_extreme by ' || rosterd.who(), 'ABN-E4', 'directory.membership',
           jsonb_build_object('classroom_id', o.classroom_id, 'person_id', o.person_id, 'role', 'student'),
           jsonb_build_object('claim_sis', o.claim_sis, 'claim_manual', o.claim_manual, 'suspended', o.suspended, 'detached', false),
           jsonb_build_object('claim_sis', o.claim_sis, 'claim_manual', o.claim_manual, 'suspended', o.suspended, 'detached', true)
      FROM gone AS o;
    PERFORM api.mark_people(p_district, v_students);
END
$$;
COMMENT ON FUNCTION rosterd.apply_extreme(bigint, boolean) IS
    'Treats families who left under SOFT as EXTREME says, or with preview tells which and how much of them there is (ABN-E4; RS008, RS001 without the setting, RS012).';
REVOKE ALL ON FUNCTION rosterd.apply_extreme(bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.apply_extreme(bigint, boolean) TO rosterd_csm, rosterd_ops;
