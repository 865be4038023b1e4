CREATE OR REPLACE FUNCTION sync.apply_mirror_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;

    UPDATE sis.person m SET live = false, changed_by_run = v.run_id
    FROM sync.delta_person d
    WHERE d.slot = p_slot AND d.op = 'gone' AND m.district_id = v.district_id AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v.people));
    UPDATE sis.person m
    SET live = true, given_name = d.given_name, family_name = d.family_name, roles = d.roles,
        email = d.email, sms = d.sms, phone = d.phone, invalid = d.invalid, line = d.line, changed_by_run = v.run_id
    FROM sync.delta_person d
    WHERE d.slot = p_slot AND d.op IN ('changed', 'back') AND m.district_id = v.district_id AND m.sourced_id = d.sourced_id
      AND (v.whole OR m.sourced_id = ANY (v.people));

    -- A number was drawn for everybody who might be added; here it is kept for those who were.
    INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, email, sms, phone, invalid, person_id, line, changed_by_run)
    SELECT v.district_id, d.sourced_id, d.given_name, d.family_name, d.roles, d.email, d.sms, d.phone, d.invalid, n.account, d.line, v.run_id
    FROM sync.delta_person d
    LEFT JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = d.sourced_id
    LEFT JOIN sync.plan_person n ON n.slot = p_slot AND n.op = 'add' AND n.account = p.account
    WHERE d.slot = p_slot AND d.op = 'new' ORDER BY d.sourced_id;
    UPDATE sis.person m SET person_id = p.account
    FROM sync.after_person p JOIN sync.plan_person n ON n.slot = p_slot AND n.op = 'add' AND n.account = p.account
    WHERE p.slot = p_slot AND p.is_new AND m.district_id = v.district_id AND m.sourced_id = p.sourced_id AND m.person_id IS NULL
      AND (v.whole OR m.sourced_id = ANY (v.people));
END
$function$;

COMMENT ON FUNCTION sync.apply_mirror_people(smallint) IS 'Writes the people of the delta into sis, and which account each record has.';
REVOKE ALL ON FUNCTION sync.apply_mirror_people(smallint) FROM PUBLIC;
