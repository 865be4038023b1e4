CREATE OR REPLACE FUNCTION sync.families_of(p_slot smallint, p_district bigint, INOUT p_people text[], INOUT p_accounts bigint[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_people text[] := sync.kin_of(p_district, p_people);
    v_accounts bigint[];
BEGIN
    v_people := ARRAY(
        (SELECT unnest(v_people)
         UNION SELECT d.guardian FROM sync.delta_link d WHERE d.slot = p_slot AND d.student IN (SELECT unnest(p_people))
         UNION SELECT d.student FROM sync.delta_link d WHERE d.slot = p_slot AND d.guardian IN (SELECT unnest(p_people)))
        EXCEPT SELECT unnest(p_people));
    SELECT * INTO v_people, v_accounts FROM sync.same_people(p_district, v_people, '{}');
    p_people := ARRAY(SELECT unnest(p_people) UNION SELECT unnest(v_people));
    p_accounts := ARRAY(SELECT unnest(p_accounts) UNION SELECT unnest(v_accounts));

    v_accounts := sync.relatives_of(p_district, p_accounts);
    v_accounts := ARRAY(SELECT unnest(v_accounts) EXCEPT SELECT unnest(p_accounts));
    SELECT * INTO v_people, v_accounts FROM sync.same_people(p_district, '{}', v_accounts);
    p_people := ARRAY(SELECT unnest(p_people) UNION SELECT unnest(v_people));
    p_accounts := ARRAY(SELECT unnest(p_accounts) UNION SELECT unnest(v_accounts));
END
$function$;

COMMENT ON FUNCTION sync.families_of(smallint, bigint, text[], bigint[]) IS 'Adds the guardians of these students and the students of these guardians, by the SIS and by hand.';
REVOKE ALL ON FUNCTION sync.families_of(smallint, bigint, text[], bigint[]) FROM PUBLIC;
