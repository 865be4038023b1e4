CREATE OR REPLACE VIEW rosterd.schools AS
SELECT d.slug, s.district_id, s.school_id, s.sourced_id, s.name, s.archived, s.sis_rostering
FROM directory.school s
JOIN rosterd.district d ON d.district_id = s.district_id
ORDER BY d.slug, s.name, s.school_id;

COMMENT ON VIEW rosterd.schools IS 'The schools, with the numbers that rosterd.appoint_leader takes.';
COMMENT ON COLUMN rosterd.schools.slug IS 'The district.';
COMMENT ON COLUMN rosterd.schools.district_id IS 'Its number.';
COMMENT ON COLUMN rosterd.schools.school_id IS 'The school''s number.';
COMMENT ON COLUMN rosterd.schools.sourced_id IS 'The school''s id in the SIS. NULL: not from the SIS.';
COMMENT ON COLUMN rosterd.schools.name IS 'The school''s name.';
COMMENT ON COLUMN rosterd.schools.archived IS 'Whether it has left the SIS.';
COMMENT ON COLUMN rosterd.schools.sis_rostering IS 'Whether its teachers may make classrooms and add to synced ones; leaders switch it.';
GRANT SELECT ON rosterd.schools TO rosterd_csm, rosterd_ops;
