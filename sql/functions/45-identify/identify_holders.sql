-- Somebody new to the SIS may be known already: by a join code, by a leader, or under an earlier id. The
-- credential tells, if somebody answered for it, and if it is this record's alone. Duplicates that
-- are one person by CRED-7 come by the first of them. A child's account is never anybody else's, also when
-- the child's record has left it and it is a student's in nothing else any more.
CREATE OR REPLACE FUNCTION sync.identify_holders(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_values text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_values := ARRAY(
        SELECT c.value FROM directory.credential c
        LEFT JOIN (SELECT DISTINCT p.account FROM sync.after_person p WHERE p.slot = p_slot AND p.live) l ON l.account = c.person_id
        WHERE c.district_id = (SELECT v.district_id) AND (c.proved OR c.vouched) AND l.account IS NULL AND (v.whole OR c.value = ANY (v.contested)));
    IF cardinality(v_values) = 0 THEN
        RETURN;
    END IF;
    WITH claim AS MATERIALIZED (
        SELECT * FROM sync.record_claims(p_slot, v_values)
    ), known AS MATERIALIZED (
        SELECT c.value, c.person_id, sync.fold_name(d.given_name) || U&'\001E' || sync.fold_name(d.family_name) AS name
        FROM directory.credential c
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = c.person_id AND (v.whole OR d.person_id = ANY (v.accounts))
        LEFT JOIN (SELECT r.person_id FROM directory.role r
                   WHERE r.district_id = (SELECT v.district_id) AND r.role = 'student' AND (v.whole OR r.person_id = ANY (v.accounts))) s ON s.person_id = c.person_id
        WHERE c.district_id = (SELECT v.district_id) AND c.value = ANY (v_values) AND s.person_id IS NULL AND NOT d.account_enabled AND NOT d.was_student
    ), child AS (
        SELECT DISTINCT g.value, l.student
        FROM claim g JOIN sync.after_link l ON l.slot = p_slot AND l.guardian = g.sourced_id AND l.stands
        WHERE g.is_guardian
    ), alone AS (
        SELECT k.person_id, min(c.sourced_id) FILTER (WHERE c.was IS NULL) AS sourced_id
        FROM known k
        JOIN claim c ON c.value = k.value
        LEFT JOIN child o ON o.value = c.value AND o.student = c.sourced_id AND c.is_student
        WHERE o.student IS NULL
        GROUP BY k.person_id, c.value
        HAVING bool_and(c.name = k.name AND NOT c.is_student)
           AND (count(*) = 1 OR v.merge_duplicate_guardians AND bool_and(c.is_guardian))
    ), match AS (
        SELECT DISTINCT a.person_id, a.sourced_id
        FROM alone a JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = a.sourced_id AND p.judged
    ), counted AS (
        SELECT m.*, count(*) OVER (PARTITION BY m.person_id) AS records, count(*) OVER (PARTITION BY m.sourced_id) AS people FROM match m
    )
    UPDATE sync.after_person p SET account = c.person_id, attached = 'match'
    FROM counted c
    WHERE p.slot = p_slot AND p.sourced_id = c.sourced_id AND c.records = 1 AND c.people = 1;
END
$function$;

COMMENT ON FUNCTION sync.identify_holders(smallint) IS 'Which new records are of somebody who is in the directory without a live record, by a credential that was proved or vouched for; never a child''s account (CRED-9).';
REVOKE ALL ON FUNCTION sync.identify_holders(smallint) FROM PUBLIC;
