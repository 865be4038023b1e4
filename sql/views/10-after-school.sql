CREATE OR REPLACE VIEW sync.after_school AS
SELECT p.slot, p.sourced_id, p.account, o.school_id, r.role
FROM sync.after_person p
CROSS JOIN LATERAL (SELECT split_part(pair, U&'\001E', 1) AS role, split_part(pair, U&'\001E', 2) AS org
                    FROM unnest(string_to_array(p.roles, U&'\001F')) AS pair) r
JOIN sync.after_org o ON o.slot = p.slot AND o.sourced_id = r.org AND o.is_school
WHERE p.live AND (p.is_student OR p.is_teacher) AND r.role IN ('student', 'teacher')
UNION ALL
SELECT e.slot, e.person, e.account, c.school_id, e.role
FROM sync.after_enrollment e
JOIN sync.after_class c ON c.slot = e.slot AND c.sourced_id = e.class AND c.stands
WHERE e.account IS NOT NULL AND NOT e.alone;

COMMENT ON VIEW sync.after_school IS 'The schools of students and teachers: those of their roles and those of their enrollments, more than once if several say so (UPD-8).';
