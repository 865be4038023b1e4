CREATE OR REPLACE VIEW rosterd.hold_details AS
SELECT d.slug, r.run_id, k.kind, coalesce(k.school, '(whole district)') AS school, k.in_use, k.in_file, k.lost, k.removal_limit, k.added, k.change_limit,
       k.over
FROM rosterd.run r
JOIN rosterd.district d ON d.district_id = r.district_id
CROSS JOIN LATERAL ROWS FROM (jsonb_to_recordset(r.shown -> 'kinds')
    AS (kind text, school text, in_use bigint, in_file bigint, lost bigint, removal_limit bigint, added bigint, change_limit bigint, over text))
    WITH ORDINALITY AS k (kind, school, in_use, in_file, lost, removal_limit, added, change_limit, over, n)
WHERE r.shown IS NOT NULL
ORDER BY r.run_id DESC, k.n;

COMMENT ON VIEW rosterd.hold_details IS 'The numbers behind held and previewed runs, by kind and school: what is in use, what the file has, what would be taken away and added, and the limits (SAFE-4, SAFE-6).';
COMMENT ON COLUMN rosterd.hold_details.slug IS 'The district.';
COMMENT ON COLUMN rosterd.hold_details.run_id IS 'The run.';
COMMENT ON COLUMN rosterd.hold_details.kind IS 'students, guardians, guardianships, teachers, classrooms, memberships, or invitees (whose name or credentials change).';
COMMENT ON COLUMN rosterd.hold_details.school IS 'The school, or the whole district.';
COMMENT ON COLUMN rosterd.hold_details.in_use IS 'How many there are now.';
COMMENT ON COLUMN rosterd.hold_details.in_file IS 'How many the file has, those that cannot be used or added too; empty where it does not say.';
COMMENT ON COLUMN rosterd.hold_details.lost IS 'How many would be taken away.';
COMMENT ON COLUMN rosterd.hold_details.removal_limit IS 'How many may be, without being asked.';
COMMENT ON COLUMN rosterd.hold_details.added IS 'How many would be added, or changed in the case of invitees.';
COMMENT ON COLUMN rosterd.hold_details.change_limit IS 'How many may be, without being asked.';
COMMENT ON COLUMN rosterd.hold_details.over IS 'removals or additions, where they are over the limit.';
GRANT SELECT ON rosterd.hold_details TO rosterd_csm, rosterd_ops;
