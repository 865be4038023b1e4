-- Who is in which classroom and who belongs to whom, as people see it: rows that the sync suspended
-- or detached are kept in the tables and are not in here.
CREATE OR REPLACE VIEW directory.member AS
    SELECT m.district_id, m.classroom_id, m.person_id, m.role
      FROM directory.membership AS m
     WHERE NOT m.detached AND (m.claim_sis OR m.claim_manual AND NOT m.suspended);
COMMENT ON VIEW directory.member IS 'Members of classrooms, active and archived ones, by any claim that counts.';

CREATE OR REPLACE VIEW directory.guardianship AS
    SELECT r.district_id, r.student_id, r.guardian_id
      FROM directory.relationship AS r
     WHERE NOT r.suspended AND (r.claim_sis OR r.claim_manual);
COMMENT ON VIEW directory.guardianship IS 'Students and their guardians, by any claim that counts.';

GRANT SELECT ON directory.member, directory.guardianship TO rosterd_app;
