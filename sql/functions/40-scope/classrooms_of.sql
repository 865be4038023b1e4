-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.classrooms_of(p_district bigint, p_accounts bigint[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(SELECT DISTINCT m.classroom_id FROM directory.membership m WHERE m.district_id = p_district AND m.person_id = ANY (p_accounts))
$function$;

COMMENT ON FUNCTION sync.classrooms_of(bigint, bigint[]) IS 'The classrooms that these people are or were in.';
REVOKE ALL ON FUNCTION sync.classrooms_of(bigint, bigint[]) FROM PUBLIC;
