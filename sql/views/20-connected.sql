-- Who is connected to which school, one row a person, school and role: may see the school and is
-- reached by its messages. By a role there (an archived student's does not count, a detached one
-- neither), by leading the district, or by being the guardian of a connected student. Whether the
-- person is invitee or active makes no difference. A view, so that a reader's conditions reach the
-- indexes below it.
CREATE OR REPLACE VIEW api.connected AS
    SELECT r.district_id, r.person_id, r.school_id, r.role
      FROM directory.role AS r
     WHERE r.state = 'active' AND r.role <> 'district_leader'
     UNION ALL
    SELECT r.district_id, r.person_id, s.school_id, r.role
      FROM directory.role AS r
      JOIN directory.school AS s ON s.district_id = r.district_id
     WHERE r.state = 'active' AND r.role = 'district_leader'
     UNION ALL
    SELECT DISTINCT g.district_id, g.guardian_id, r.school_id, 'guardian'
      FROM directory.guardianship AS g
      JOIN directory.role AS r ON r.district_id = g.district_id AND r.person_id = g.student_id
     WHERE r.role = 'student' AND r.state = 'active';
COMMENT ON VIEW api.connected IS 'Who is connected to which school, and by which role (ABN-S4, ABN-S5).';
