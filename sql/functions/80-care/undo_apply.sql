-- The rows become what they were before the run. Holders give up before others get: two may have swapped.
-- That somebody proved a credential, or a leader vouched for it, comes back with it (CRED-9). In a classroom that
-- stays disconnected, whoever comes back is in it by hand, like everybody else there (CLS-7).
CREATE OR REPLACE FUNCTION sync.undo_apply(p_district bigint, p_undo bigint, p_undone bigint, p_changes bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE directory.classroom d
    SET school_id = b.school_id, sis_name = b.sis_name, synced = b.synced, state = b.state, archived_by = b.archived_by
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.classroom, c.before) b
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND c.relation = 'directory.classroom'
      AND d.district_id = p_district AND d.classroom_id = (c.key ->> 'classroom_id')::bigint;

    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT p_district, p_undo, 'UPD-7', c.relation, c.key, c.after,
           CASE WHEN r.synced = false THEN c.before || '{"claim_sis": false, "claim_manual": true}' ELSE c.before END
    FROM audit.change c
    LEFT JOIN directory.classroom r ON c.relation = 'directory.membership' AND r.district_id = p_district AND r.classroom_id = (c.key ->> 'classroom_id')::bigint
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) ORDER BY c.change_id;

    UPDATE directory.person d SET sourced_id = b.sourced_id, given_name = b.given_name, family_name = b.family_name
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.person, c.before) b
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND c.relation = 'directory.person'
      AND d.district_id = p_district AND d.person_id = (c.key ->> 'person_id')::bigint;

    DELETE FROM directory.credential d USING audit.change c
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND d.district_id = p_district AND d.value = c.key ->> 'value';
    -- What took the place of a credential that is put back goes: it may be somebody else's. Not what a leader has
    -- given since.
    WITH given AS (
        DELETE FROM directory.credential d
        WHERE d.district_id = p_district AND d.created_by_run = p_undone AND NOT d.vouched
          AND d.person_id IN (SELECT (c.before ->> 'person_id')::bigint FROM audit.change c WHERE c.district_id = p_district AND c.change_id = ANY (p_changes))
        RETURNING d.value, d.person_id, d.kind, d.manual
    )
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before)
    SELECT p_district, p_undo, 'UPD-7', 'directory.credential', jsonb_build_object('value', g.value),
           jsonb_build_object('person_id', g.person_id, 'kind', g.kind, 'manual', g.manual)
    FROM given g;
    INSERT INTO directory.credential (district_id, person_id, kind, value, manual, proved, vouched, created_by_run)
    SELECT p_district, b.person_id, b.kind, c.key ->> 'value', b.manual, coalesce(b.proved, false), coalesce(b.vouched, false), p_undo
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.credential, c.before) b
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND c.relation = 'directory.credential';

    INSERT INTO directory.role AS d (district_id, person_id, school_id, role, claim_sis, claim_manual, state, created_by_run)
    SELECT p_district, b.person_id, b.school_id, b.role, b.claim_sis, b.claim_manual, b.state, p_undo
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.role, c.key || c.before) b
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND c.relation = 'directory.role'
    ON CONFLICT (district_id, person_id, school_id, role) DO UPDATE
    SET claim_sis = excluded.claim_sis, claim_manual = excluded.claim_manual, state = excluded.state;

    INSERT INTO directory.membership AS d (district_id, classroom_id, person_id, role, claim_sis, claim_manual, suspended, detached, created_by_run)
    SELECT p_district, b.classroom_id, b.person_id, b.role, b.claim_sis, b.claim_manual, b.suspended, b.detached, p_undo
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.membership, c.key || c.after) b
    WHERE c.district_id = p_district AND c.run_id = p_undo AND c.relation = 'directory.membership'
    ON CONFLICT (district_id, classroom_id, person_id, role) DO UPDATE
    SET claim_sis = excluded.claim_sis, claim_manual = excluded.claim_manual, suspended = excluded.suspended, detached = excluded.detached;

    INSERT INTO directory.relationship AS d (district_id, student_id, guardian_id, claim_sis, claim_manual, suspended, created_by_run)
    SELECT p_district, b.student_id, b.guardian_id, b.claim_sis, b.claim_manual, b.suspended, p_undo
    FROM audit.change c CROSS JOIN LATERAL jsonb_populate_record(NULL::directory.relationship, c.key || c.before) b
    WHERE c.district_id = p_district AND c.change_id = ANY (p_changes) AND c.relation = 'directory.relationship'
    ON CONFLICT (district_id, student_id, guardian_id) DO UPDATE
    SET claim_sis = excluded.claim_sis, claim_manual = excluded.claim_manual, suspended = excluded.suspended;
END
$function$;

COMMENT ON FUNCTION sync.undo_apply(bigint, bigint, bigint, bigint[]) IS 'Puts back these changes of a run, in the name of the undo (UPD-7).';
REVOKE ALL ON FUNCTION sync.undo_apply(bigint, bigint, bigint, bigint[]) FROM PUBLIC;
