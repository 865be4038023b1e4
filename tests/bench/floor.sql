-- The floor of a first sync: psql that copies the same CSVs and fills the same tables, with the same
-- keys, indexes and foreign keys, and knows no rule. Variables: folder (of the CSVs), district.
\ir copy.sql
SET jit = off;
ANALYZE raw_orgs, raw_sessions, raw_classes, raw_users, raw_enrollments;

BEGIN;
INSERT INTO directory.school (district_id, school_id, sourced_id, name, created_by_run)
    SELECT :district, row_number() OVER (), "sourcedId", name, 0 FROM raw_orgs WHERE type = 'school';
INSERT INTO directory.classroom (district_id, classroom_id, school_id, sourced_id, sis_name, synced, created_by_run)
    SELECT :district, row_number() OVER (), s.school_id, c."sourcedId", c.title, true, 0
    FROM raw_classes AS c JOIN directory.school AS s ON s.district_id = :district AND s.sourced_id = c."schoolSourcedId";
CREATE UNLOGGED TABLE raw_person AS SELECT row_number() OVER () AS person_id, u.* FROM raw_users AS u WHERE u.role <> 'administrator';
INSERT INTO directory.person (district_id, person_id, sourced_id, given_name, family_name, created_by_run)
    SELECT :district, person_id, "sourcedId", "givenName", "familyName", 0 FROM raw_person;
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, created_by_run)
    SELECT :district, p.person_id, s.school_id, p.role, true, 0
    FROM raw_person AS p CROSS JOIN LATERAL unnest(string_to_array(p."orgSourcedIds", ',')) AS o(org)
    JOIN directory.school AS s ON s.district_id = :district AND s.sourced_id = o.org
    WHERE p.role IN ('student', 'teacher');
CREATE UNLOGGED TABLE raw_claim AS
    SELECT person_id, "sourcedId", role, 'email' AS kind, lower(email) AS value FROM raw_person WHERE email <> ''
    UNION ALL SELECT person_id, "sourcedId", role, 'sms', '+1' || regexp_replace(sms, '\D', '', 'g') FROM raw_person WHERE sms <> ''
    UNION ALL SELECT person_id, "sourcedId", role, 'phone', '+1' || regexp_replace(phone, '\D', '', 'g') FROM raw_person WHERE phone <> '';
INSERT INTO directory.credential (district_id, person_id, kind, value, created_by_run)
    SELECT DISTINCT ON (value) :district, person_id, kind, value, 0 FROM raw_claim ORDER BY value, person_id;
INSERT INTO directory.invitation (district_id, person_id, kind, value, created_by_run)
    SELECT c.district_id, c.person_id, c.kind, c.value, 0
    FROM directory.credential AS c JOIN raw_person AS p USING (person_id) WHERE c.district_id = :district AND p.role <> 'student';
CREATE UNLOGGED TABLE raw_link AS
    SELECT s."sourcedId" AS student, a.agent AS guardian FROM raw_person AS s
        CROSS JOIN LATERAL unnest(string_to_array(s."agentSourcedIds", ',')) AS a(agent) WHERE s.role = 'student'
    UNION SELECT a.agent, g."sourcedId" FROM raw_person AS g
        CROSS JOIN LATERAL unnest(string_to_array(g."agentSourcedIds", ',')) AS a(agent) WHERE g.role IN ('guardian', 'parent', 'relative');
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, created_by_run)
    SELECT :district, s.person_id, g.person_id, true, 0
    FROM raw_link AS l JOIN raw_person AS s ON s."sourcedId" = l.student JOIN raw_person AS g ON g."sourcedId" = l.guardian;
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, created_by_run)
    SELECT :district, c.classroom_id, p.person_id, e.role, true, 0
    FROM raw_enrollments AS e JOIN raw_person AS p ON p."sourcedId" = e."userSourcedId"
    JOIN directory.classroom AS c ON c.district_id = :district AND c.sourced_id = e."classSourcedId"
    ON CONFLICT DO NOTHING;
INSERT INTO sis.org (district_id, sourced_id, name, type, identifier, parent, changed_by_run)
    SELECT :district, "sourcedId", name, type, identifier, "parentSourcedId", 0 FROM raw_orgs;
INSERT INTO sis.session (district_id, sourced_id, title, type, start_date, end_date, changed_by_run)
    SELECT :district, "sourcedId", title, type, "startDate"::date, "endDate"::date, 0 FROM raw_sessions;
INSERT INTO sis.class (district_id, sourced_id, title, class_code, class_type, course, school, terms, classroom_id, changed_by_run)
    SELECT :district, r."sourcedId", r.title, r."classCode", r."classType", r."courseSourcedId", r."schoolSourcedId",
           string_to_array(r."termSourcedIds", ','), c.classroom_id, 0
    FROM raw_classes AS r JOIN directory.classroom AS c ON c.district_id = :district AND c.sourced_id = r."sourcedId";
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, email, sms, phone, person_id, changed_by_run)
    SELECT :district, u."sourcedId", u."givenName", u."familyName", u.role || chr(30) || replace(u."orgSourcedIds", ',', chr(31) || u.role || chr(30)),
           nullif(lower(u.email), ''), nullif(u.sms, ''), nullif(u.phone, ''), p.person_id, 0
    FROM raw_users AS u LEFT JOIN raw_person AS p ON p."sourcedId" = u."sourcedId";
INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run)
    SELECT :district, student, guardian, true, false, false, 0 FROM raw_link;
INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, changed_by_run)
    SELECT :district, "sourcedId", "classSourcedId", "userSourcedId", role, 0 FROM raw_enrollments;
COMMIT;
SELECT 'floor_s', extract(epoch FROM clock_timestamp() - :'began'::timestamptz);
