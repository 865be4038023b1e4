-- What a run removed or changed, row by row, and whether it can be put back: not if anything happened to
-- the row since, nor if it is a detail that has become a person's own, nor if an active person would be left
-- without any way to sign in. Invitations are not listed: a
-- closed one stays closed, and who is to be invited again gets a new one.
CREATE OR REPLACE FUNCTION sync.undo_items(p_district bigint, p_run bigint)
RETURNS TABLE (change_id bigint, relation text, person bigint, classroom bigint, goes boolean, why text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH changed AS MATERIALIZED (
        SELECT c.change_id, c.rule, split_part(c.relation, '.', 2) AS relation, c.relation AS full_name, c.key, c.before, c.after,
               coalesce(c.key ->> 'person_id', c.key ->> 'guardian_id', c.before ->> 'person_id')::bigint AS person,
               (c.key ->> 'student_id')::bigint AS student, (c.key ->> 'classroom_id')::bigint AS classroom,
               (c.key ->> 'school_id')::bigint AS school, c.key ->> 'role' AS role, c.key ->> 'value' AS value
        FROM audit.change c
        WHERE c.district_id = p_district AND c.run_id = p_run
          AND c.relation IN ('directory.school', 'directory.classroom', 'directory.person', 'directory.credential', 'directory.role',
                             'directory.membership', 'directory.relationship')
    ), later AS MATERIALIZED (
        SELECT DISTINCT c.relation, c.key FROM audit.change c
        WHERE c.district_id = p_district AND c.change_id > (SELECT min(x.change_id) FROM changed x) AND c.run_id IS DISTINCT FROM p_run
    ), present AS MATERIALIZED (
        SELECT c.change_id, CASE c.relation
                   WHEN 'classroom' THEN (SELECT jsonb_build_object('school_id', d.school_id, 'sis_name', d.sis_name, 'synced', d.synced, 'state', d.state, 'archived_by', d.archived_by)
                                          FROM directory.classroom d WHERE d.district_id = p_district AND d.classroom_id = c.classroom)
                   WHEN 'person' THEN (SELECT jsonb_build_object('sourced_id', d.sourced_id, 'given_name', d.given_name, 'family_name', d.family_name)
                                       FROM directory.person d WHERE d.district_id = p_district AND d.person_id = c.person)
                   WHEN 'credential' THEN (SELECT jsonb_build_object('person_id', d.person_id, 'kind', d.kind, 'manual', d.manual)
                                           FROM directory.credential d WHERE d.district_id = p_district AND d.value = c.value)
                   WHEN 'role' THEN (SELECT jsonb_build_object('claim_sis', d.claim_sis, 'claim_manual', d.claim_manual, 'state', d.state)
                                     FROM directory.role d WHERE d.district_id = p_district AND d.person_id = c.person AND d.school_id = c.school AND d.role = c.role)
                   WHEN 'membership' THEN (SELECT jsonb_build_object('claim_sis', d.claim_sis, 'claim_manual', d.claim_manual, 'suspended', d.suspended, 'detached', d.detached)
                                           FROM directory.membership d WHERE d.district_id = p_district AND d.classroom_id = c.classroom AND d.person_id = c.person AND d.role = c.role)
                   WHEN 'relationship' THEN (SELECT jsonb_build_object('claim_sis', d.claim_sis, 'claim_manual', d.claim_manual, 'suspended', d.suspended)
                                             FROM directory.relationship d WHERE d.district_id = p_district AND d.student_id = c.student AND d.guardian_id = c.person)
               END AS row
        FROM changed c
    ), judged AS (
        SELECT c.*,
               CASE WHEN c.relation = 'school' THEN 'a school follows the SIS'
                    WHEN l.key IS NOT NULL OR p.row IS DISTINCT FROM c.after OR v.value IS NOT NULL THEN 'it was touched since'
                    WHEN c.relation IN ('person', 'credential') AND c.rule <> 'UPD-5'
                         AND (d.status = 'active' OR EXISTS (SELECT FROM directory.person h WHERE h.district_id = p_district
                                                             AND h.person_id = (c.after ->> 'person_id')::bigint AND h.status = 'active'))
                         THEN 'the person is active now, so the details are their own' END AS why
        FROM changed c
        JOIN present p ON p.change_id = c.change_id
        LEFT JOIN later l ON l.relation = c.full_name AND l.key = c.key
        -- a leader has said since whose it is
        LEFT JOIN directory.credential v ON v.district_id = p_district AND v.value = c.value AND v.vouched AND NOT c.before ? 'vouched'
        LEFT JOIN directory.person d ON d.district_id = p_district AND d.person_id = c.person
    ), given AS (
        SELECT j.value, j.person, (j.after ->> 'person_id')::bigint AS holder FROM judged j WHERE j.relation = 'credential' AND j.why IS NULL
    ), shut_out AS (
        SELECT d.person_id FROM directory.person d
        WHERE d.district_id = p_district AND d.status = 'active' AND d.person_id IN (SELECT g.holder FROM given g)
          AND NOT EXISTS (SELECT FROM given g WHERE g.person = d.person_id)
          AND NOT EXISTS (SELECT FROM directory.credential c
                          WHERE c.district_id = p_district AND c.person_id = d.person_id AND c.value NOT IN (SELECT g.value FROM given g))
    )
    SELECT j.change_id, j.relation, j.person, j.classroom, j.why IS NULL AND s.why IS NULL, coalesce(j.why, s.why, 'nobody has touched it since')
    FROM judged j
    LEFT JOIN (SELECT x.person_id, 'it is the only one that an active person has' AS why FROM shut_out x) s
        ON s.person_id = (j.after ->> 'person_id')::bigint
    ORDER BY j.change_id
$function$;

COMMENT ON FUNCTION sync.undo_items(bigint, bigint) IS 'What a run removed or changed, and for each row whether an undo puts it back, or why not (UPD-5, UPD-7).';
REVOKE ALL ON FUNCTION sync.undo_items(bigint, bigint) FROM PUBLIC;
