-- Brings the rosters of active classrooms in line with who is of the school: a member with no active
-- role there is suspended, one with it counts; whoever leads may teach. A sis claim that is suspended has neither claim set
-- until it counts again; the next run sets sis claims by the enrollments anyway. What EXTREME
-- detached stays detached. p_people NULL: all members.
CREATE OR REPLACE FUNCTION api.suspend_absent(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                              p_classrooms bigint[], p_people bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WITH roster AS (
        SELECT m.*, EXISTS (SELECT FROM directory.role AS r
                             WHERE r.district_id = p_district AND r.person_id = m.person_id
                               AND r.state = 'active' AND (r.role = 'student') = (m.role = 'student')
                               AND (r.school_id = c.school_id OR r.role = 'district_leader')) AS present
          FROM directory.membership AS m
          JOIN directory.classroom AS c ON c.district_id = p_district AND c.classroom_id = m.classroom_id
         WHERE m.district_id = p_district AND m.classroom_id = ANY (p_classrooms) AND NOT m.detached
           AND c.state = 'active' AND (p_people IS NULL OR m.person_id = ANY (p_people))),
    changed AS (
        UPDATE directory.membership AS m
           SET suspended = NOT r.present,
               claim_sis = r.present AND (r.claim_sis OR NOT r.claim_manual)
          FROM roster AS r
         WHERE m.district_id = p_district AND m.classroom_id = r.classroom_id AND m.person_id = r.person_id AND m.role = r.role
           AND r.present <> (r.claim_sis OR r.claim_manual AND NOT r.suspended)
        RETURNING m.classroom_id, m.person_id, m.role, r.claim_sis AS sis_before, r.claim_manual AS manual, r.suspended AS suspended_before,
                  m.claim_sis AS sis_after, m.suspended AS suspended_after)
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, p_act, p_rule, 'directory.membership',
           jsonb_build_object('classroom_id', c.classroom_id, 'person_id', c.person_id, 'role', c.role),
           jsonb_build_object('claim_sis', c.sis_before, 'claim_manual', c.manual, 'suspended', c.suspended_before),
           jsonb_build_object('claim_sis', c.sis_after, 'claim_manual', c.manual, 'suspended', c.suspended_after)
      FROM changed AS c;
END
$$;
COMMENT ON FUNCTION api.suspend_absent(bigint, bigint, text, text, bigint[], bigint[]) IS
    'Suspends members who are not of the school of these active classrooms, and lets those count who are (ABN-S1, ABN-B1, OFF-2).';
REVOKE ALL ON FUNCTION api.suspend_absent(bigint, bigint, text, text, bigint[], bigint[]) FROM PUBLIC;
