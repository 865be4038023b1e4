-- Which credentials are to have an open invitation: those of invitees who are connected to a school,
-- of students once their account is enabled.
CREATE OR REPLACE VIEW api.invitable AS
    SELECT c.district_id, c.person_id, c.kind, c.value
      FROM directory.credential AS c
      JOIN directory.person AS p ON p.district_id = c.district_id AND p.person_id = c.person_id
     WHERE p.status = 'invitee'
       AND EXISTS (SELECT FROM api.connected AS k WHERE k.district_id = c.district_id AND k.person_id = c.person_id)
       AND (p.account_enabled
            OR NOT EXISTS (SELECT FROM directory.role AS r
                            WHERE r.district_id = c.district_id AND r.person_id = c.person_id AND r.role = 'student'));
COMMENT ON VIEW api.invitable IS 'The credentials that are to have an open invitation (IN-6, STU-3).';
