CREATE OR REPLACE FUNCTION sync.apply_mirror_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_any_known boolean;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_any_known := EXISTS (SELECT FROM sis.person m WHERE m.district_id = (SELECT v.district_id));

    -- what was linked by hand stays so, but a return is asked about again (ABN-B1)
    UPDATE sis.person m SET live = false, changed_by_run = v.run_id, attached = CASE WHEN m.attached = 'hand' THEN 'match' ELSE m.attached END
    FROM sync.delta_person d
    WHERE d.slot = p_slot AND d.op = 'gone' AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v.people));
    UPDATE sis.person m
    SET live = true, given_name = d.given_name, family_name = d.family_name, roles = d.roles,
        email = d.email, sms = d.sms, phone = d.phone, invalid = d.invalid, line = d.line, changed_by_run = v.run_id
    FROM sync.delta_person d
    WHERE d.slot = p_slot AND d.op IN ('changed', 'back') AND m.district_id = (SELECT v.district_id) AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v.people));

    -- A number was drawn for everybody who might be added; here it is kept for those who were.
    INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, email, sms, phone, invalid, person_id, attached, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.given_name, d.family_name, d.roles, d.email, d.sms, d.phone, d.invalid,
           CASE WHEN a.account IS NOT NULL OR n.account IS NOT NULL THEN p.account END,
           CASE WHEN a.account IS NOT NULL OR n.account IS NOT NULL THEN p.attached END,
           d.line, v.run_id
    FROM sync.delta_person d
    LEFT JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = d.sourced_id
    LEFT JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account AND NOT a.is_new
    LEFT JOIN sync.plan_person n ON n.slot = p_slot AND n.op = 'add' AND n.account = p.account
    WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;

    WITH known AS MATERIALIZED (
        -- what was just inserted has its account; who it was matched with is still to be noted
        SELECT p.sourced_id, p.was, p.account, p.attached, p.left_account
        FROM sync.after_person p
        WHERE p.slot = p_slot AND p.judged
          AND (p.attached IS NOT NULL
               OR v_any_known AND p.sourced_id NOT IN (SELECT d.sourced_id FROM sync.delta_person d WHERE d.slot = p_slot AND d.op = 'new'))
    ), moved AS (
        SELECT p.sourced_id, p.was, x.account, CASE WHEN x.account IS NOT NULL THEN p.attached END AS attached,
               CASE WHEN x.account IS NOT NULL THEN p.left_account END AS left_account
        FROM known p
        JOIN sync.plan_account a ON a.slot = p_slot AND a.account = p.account
        LEFT JOIN sync.plan_person n ON n.slot = p_slot AND n.op = 'add' AND n.account = p.account
        CROSS JOIN LATERAL (SELECT CASE WHEN NOT a.is_new OR n.account IS NOT NULL THEN p.account END AS account) x
        WHERE x.account IS DISTINCT FROM p.was
    ), noted AS (
        INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
        SELECT v.district_id, v.run_id, CASE WHEN p.attached = 'match' THEN CASE WHEN s.is_student THEN 'OFF-3' ELSE 'CRED-9' END ELSE 'CRED-7' END,
               'sis.person', jsonb_build_object('sourced_id', p.sourced_id), jsonb_build_object('person_id', p.was), jsonb_build_object('person_id', p.account)
        FROM moved p JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = p.sourced_id
        WHERE p.was IS NOT NULL OR p.attached IS NOT NULL
    )
    UPDATE sis.person m SET person_id = p.account, attached = p.attached, left_account = p.left_account
    FROM moved p
    WHERE m.district_id = (SELECT v.district_id) AND m.sourced_id = p.sourced_id AND m.person_id IS DISTINCT FROM p.account
      AND (v.whole OR m.sourced_id = ANY (v.people));
END
$function$;

COMMENT ON FUNCTION sync.apply_mirror_people(smallint) IS 'Writes the people of the delta into sis, and whose each record is (CRED-7, CRED-9, OFF-3).';
REVOKE ALL ON FUNCTION sync.apply_mirror_people(smallint) FROM PUBLIC;
