-- What the audit, the findings, free staging slots and other children's backpacks still say of a person. Findings
-- about others that name one of the ids go on without it.
CREATE OR REPLACE FUNCTION sync.erase_traces(p_district bigint, p_person bigint, p_ids text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_audit bigint;
    v_findings bigint;
    v_slot smallint;
    v_id text;
    v_pattern text;
BEGIN
    DELETE FROM audit.change c
    WHERE c.district_id = p_district
      AND (p_person::text IN (c.key ->> 'person_id', c.key ->> 'student_id', c.key ->> 'guardian_id', c.before ->> 'person_id', c.after ->> 'person_id')
           OR c.relation = 'sis.person' AND c.key ->> 'sourced_id' = ANY (p_ids));
    GET DIAGNOSTICS v_audit = ROW_COUNT;

    UPDATE directory.backpack_item d SET created_by = NULL WHERE d.district_id = p_district AND d.created_by = p_person;

    DELETE FROM rosterd.finding f
    WHERE f.district_id = p_district AND (f.sourced_id = ANY (p_ids) AND coalesce(f.file, 'users.csv') IN ('users.csv', 'roles.csv') OR f.person_id = p_person);
    GET DIAGNOSTICS v_findings = ROW_COUNT;
    FOREACH v_id IN ARRAY p_ids || ('account ' || p_person) LOOP
        v_pattern := '([:,.] )' || regexp_replace(v_id, '([^[:alnum:]])', '\\\1', 'g') || '([,.]| has)';
        UPDATE rosterd.finding f SET message = regexp_replace(f.message, v_pattern, '\1(erased)\2', 'g')
        WHERE f.district_id = p_district AND f.message ~ v_pattern;
    END LOOP;

    FOR v_slot IN SELECT s.slot FROM stage.slot s WHERE s.run_id IS NULL ORDER BY s.slot FOR UPDATE SKIP LOCKED LOOP
        PERFORM stage.empty_slot(sync.slot_tables('staged') || sync.slot_tables('delta') || sync.slot_tables('judged'), v_slot);
        DELETE FROM sync.scope v WHERE v.slot = v_slot;
    END LOOP;
    RETURN jsonb_build_object('audit', v_audit, 'findings', v_findings);
END
$function$;

COMMENT ON FUNCTION sync.erase_traces(bigint, bigint, text[]) IS 'Deletes what audit, findings and free slots say of a person, whole rows, before and after (ABN-E3).';
REVOKE ALL ON FUNCTION sync.erase_traces(bigint, bigint, text[]) FROM PUBLIC;
