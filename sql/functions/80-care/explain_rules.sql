-- Read from the plan tables after sync.explain_judge: what the rules decided and by which facts.
CREATE OR REPLACE FUNCTION sync.explain_rules(p_slot smallint, p_sourced_id text)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_record sync.after_person;
    v_account sync.plan_account;
    v_roles text;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT * INTO v_record FROM sync.after_person p WHERE p.slot = p_slot AND p.sourced_id = p_sourced_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO v_account FROM sync.plan_account a WHERE a.slot = p_slot AND a.account = v_record.account;
    SELECT string_agg(DISTINCT split_part(x, U&'\001E', 1), ', ') INTO v_roles FROM unnest(string_to_array(v_record.roles, U&'\001F')) AS x;

    RETURN QUERY
    SELECT 20, 'role', CASE WHEN v_record.is_student THEN 'student' WHEN v_record.is_teacher THEN 'teacher'
                            WHEN v_record.is_guardian THEN 'guardian' ELSE 'not brought in' END,
           format('The SIS says: %s.', v_roles)
           || CASE WHEN v_record.is_student OR v_record.is_teacher OR v_record.is_guardian THEN ''
                   WHEN sync.has_role(v_record.roles, 'relative') THEN ' The district''s setting relatives_are_guardians is off (IN-4).'
                   ELSE ' Only students, teachers and guardians are brought in (IN-7).' END;
    IF v_account.account IS NULL THEN
        RETURN QUERY SELECT 50, 'decision', 'not added', CASE WHEN v_record.live THEN 'The role is not brought in.' ELSE 'The record is gone and never had an account.' END;
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM sync.explain_ties(p_slot, p_sourced_id);
    IF v_record.is_guardian THEN
        RETURN QUERY
        SELECT 31, 'eligibility', CASE WHEN v_account.eligible THEN 'eligible' ELSE 'not eligible' END,
               CASE WHEN v_account.tied THEN 'Somebody made them guardian of a student by hand (GRD-3).'
                    WHEN v_account.eligible THEN 'A student of theirs is in the directory (IN-4).'
                    ELSE 'No student of theirs is in the directory, so they are not brought in and claim nothing (IN-4).' END;
    END IF;
    RETURN QUERY SELECT * FROM sync.explain_credentials(p_slot, p_sourced_id);
    RETURN QUERY SELECT * FROM sync.explain_decision(p_slot, v_record, v_account);

    RETURN QUERY
    SELECT 51, coalesce('school ' || coalesce(s.sourced_id, 'number ' || r.school_id), 'the district'), r.state || ' ' || replace(r.role, '_', ' '),
           CASE WHEN r.op = 'keep' THEN 'So it is.' ELSE format('So it will be after the next run (%s).', r.rule) END
    FROM sync.plan_role r
    LEFT JOIN directory.school s ON s.district_id = v.district_id AND s.school_id = r.school_id
    WHERE r.slot = p_slot AND r.account = v_account.account AND r.op <> 'remove'
    ORDER BY r.school_id, r.role;
    RETURN QUERY
    SELECT 52, 'connection', CASE WHEN EXISTS (SELECT FROM sync.plan_connected n WHERE n.slot = p_slot AND n.account = v_account.account) THEN 'connected' ELSE 'not connected' END,
           'Whether they may see a school and are reached by its messages.';
END
$function$;

COMMENT ON FUNCTION sync.explain_rules(smallint, text) IS 'What the rules make of a record, step by step, out of the plan of its slot (CRED-1, IN-4, IN-7).';
REVOKE ALL ON FUNCTION sync.explain_rules(smallint, text) FROM PUBLIC;
