CREATE OR REPLACE VIEW sync.plan_connected AS
SELECT r.slot, r.account FROM sync.plan_role r WHERE r.op <> 'remove' AND r.state = 'active'
UNION ALL
SELECT r.slot, r.guardian FROM sync.plan_relationship r
JOIN sync.plan_role p ON p.slot = r.slot AND p.op <> 'remove' AND p.state = 'active' AND p.role = 'student' AND p.account = r.student
WHERE r.op <> 'remove' AND NOT r.suspended AND (r.claim_sis OR r.claim_manual);

COMMENT ON VIEW sync.plan_connected IS 'Who will be connected to some school, once for each reason (IN-6, ABN-S4).';
