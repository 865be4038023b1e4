CREATE OR REPLACE VIEW sync.staged_person AS
SELECT s.slot, s.line, s.sourced_id, coalesce(r.roles, s.roles) AS roles, s.given_name, s.family_name, s.email, s.sms, s.phone, s.invalid
FROM stage.person s
LEFT JOIN sync.delta_person_role r ON r.slot = s.slot AND r.sourced_id = s.sourced_id;

COMMENT ON VIEW sync.staged_person IS 'stage.person with the roles that only the mirror could complete.';
