CREATE OR REPLACE FUNCTION sync.families_of(p_slot smallint, p_district bigint, INOUT p_people text[], INOUT p_accounts bigint[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    p_people := ARRAY(
        SELECT unnest(p_people)
        UNION SELECT l.guardian FROM sis.link l WHERE l.district_id = p_district AND l.student = ANY (p_people)
        UNION SELECT l.student FROM sis.link l WHERE l.district_id = p_district AND l.guardian = ANY (p_people)
        UNION SELECT d.guardian FROM sync.delta_link d WHERE d.slot = p_slot AND d.student = ANY (p_people)
        UNION SELECT d.student FROM sync.delta_link d WHERE d.slot = p_slot AND d.guardian = ANY (p_people));
    SELECT * INTO p_people, p_accounts FROM sync.same_people(p_district, p_people, p_accounts);
    p_accounts := ARRAY(SELECT unnest(p_accounts) UNION SELECT unnest(sync.relatives_of(p_district, p_accounts)));
    SELECT * INTO p_people, p_accounts FROM sync.same_people(p_district, p_people, p_accounts);
END
$function$;

COMMENT ON FUNCTION sync.families_of(smallint, bigint, text[], bigint[]) IS 'Adds the guardians of these students and the students of these guardians, by the SIS and by hand.';
REVOKE ALL ON FUNCTION sync.families_of(smallint, bigint, text[], bigint[]) FROM PUBLIC;
