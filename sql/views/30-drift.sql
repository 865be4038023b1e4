-- An active person's details are their own (UPD-4), so they and the SIS may come to differ. Which ones
-- do is named here, not what they are: this is read by people who need no child's data.
CREATE OR REPLACE VIEW rosterd.drift AS
    SELECT p.district_id, d.slug, s.sourced_id, p.person_id, x.differs
      FROM directory.person AS p
      JOIN sis.person AS s ON s.district_id = p.district_id AND s.person_id = p.person_id AND s.live
      JOIN rosterd.district AS d ON d.district_id = p.district_id
     -- numbers are brought in for guardians only (IN-2, IN-3)
     CROSS JOIN LATERAL (SELECT s.roles ~ U&'(^|\001F)(guardian|parent|relative)\001E' AS is_guardian) AS g
     CROSS JOIN LATERAL (SELECT array_remove(ARRAY[
            CASE WHEN s.given_name <> p.given_name THEN 'given_name' END,
            CASE WHEN s.family_name <> p.family_name THEN 'family_name' END,
            CASE WHEN s.email IS NOT NULL AND NOT EXISTS (
                    SELECT FROM directory.credential AS c
                     WHERE c.district_id = p.district_id AND c.person_id = p.person_id AND c.value = s.email) THEN 'email' END,
            CASE WHEN s.sms IS NOT NULL AND g.is_guardian AND NOT EXISTS (
                    SELECT FROM directory.credential AS c
                     WHERE c.district_id = p.district_id AND c.person_id = p.person_id AND c.value = s.sms) THEN 'sms' END,
            CASE WHEN s.phone IS NOT NULL AND g.is_guardian AND d.phone_is_credential AND NOT EXISTS (
                    SELECT FROM directory.credential AS c
                     WHERE c.district_id = p.district_id AND c.person_id = p.person_id AND c.value = s.phone) THEN 'phone' END
            ], NULL) AS differs) AS x
     WHERE p.status = 'active' AND cardinality(x.differs) > 0;
COMMENT ON VIEW rosterd.drift IS 'Active people whose details differ from the SIS''s, and which ones do (UPD-4).';
COMMENT ON COLUMN rosterd.drift.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.drift.slug IS 'Its slug.';
COMMENT ON COLUMN rosterd.drift.sourced_id IS 'The SIS record.';
COMMENT ON COLUMN rosterd.drift.person_id IS 'The person.';
COMMENT ON COLUMN rosterd.drift.differs IS 'Which details differ; what they are is not shown here.';
GRANT SELECT ON rosterd.drift TO rosterd_csm, rosterd_ops;
