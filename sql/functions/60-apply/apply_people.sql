CREATE OR REPLACE FUNCTION sync.apply_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.person', jsonb_build_object('person_id', p.account),
           jsonb_build_object('sourced_id', d.sourced_id, 'given_name', d.given_name, 'family_name', d.family_name),
           jsonb_build_object('sourced_id', p.sourced_id, 'given_name', p.given_name, 'family_name', p.family_name)
    FROM sync.plan_person p
    JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = p.account AND (v.whole OR d.person_id = ANY (v.accounts))
    WHERE p.slot = p_slot AND p.op = 'change';

    UPDATE directory.person d
    SET sourced_id = p.sourced_id, given_name = p.given_name, family_name = p.family_name
    FROM sync.plan_person p
    WHERE p.slot = p_slot AND p.op = 'change' AND d.district_id = (SELECT v.district_id) AND d.person_id = p.account
      AND (v.whole OR d.person_id = ANY (v.accounts));

    INSERT INTO directory.person (district_id, person_id, sourced_id, given_name, family_name, created_by_run)
    SELECT v.district_id, p.account, p.sourced_id, p.given_name, p.family_name, v.run_id
    FROM sync.plan_person p WHERE p.slot = p_slot AND p.op = 'add' ORDER BY p.account;
END
$function$;

COMMENT ON FUNCTION sync.apply_people(smallint) IS 'Writes what the plan says of people (UPD-2, UPD-3, UPD-4, UPD-5, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_people(smallint) FROM PUBLIC;
