-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.kin_of(p_district bigint, p_people text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(
        SELECT l.guardian FROM sis.link l WHERE l.district_id = p_district AND l.student = ANY (p_people)
        UNION SELECT l.student FROM sis.link l WHERE l.district_id = p_district AND l.guardian = ANY (p_people))
$function$;

COMMENT ON FUNCTION sync.kin_of(bigint, text[]) IS 'The guardians of these students and the students of these guardians in the mirror.';
REVOKE ALL ON FUNCTION sync.kin_of(bigint, text[]) FROM PUBLIC;
