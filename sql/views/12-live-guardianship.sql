-- Guardianships that connect somebody: by a claim that counts, to a student who is at a school.
CREATE OR REPLACE VIEW sync.live_guardianship AS
    SELECT g.district_id, g.student_id AS student, g.guardian_id AS guardian, r.school_id
      FROM directory.guardianship AS g
      JOIN directory.role AS r ON r.district_id = g.district_id AND r.person_id = g.student_id
     WHERE r.role = 'student' AND r.state = 'active';
COMMENT ON VIEW sync.live_guardianship IS 'Who is connected through which student to which school: what the guard counts as in use (SAFE-3).';
