-- In SQL for the reason that sync.members_of is.
CREATE OR REPLACE FUNCTION sync.relatives_of(p_district bigint, p_accounts bigint[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(
        SELECT r.guardian_id FROM directory.relationship r WHERE r.district_id = p_district AND r.student_id = ANY (p_accounts)
        UNION SELECT r.student_id FROM directory.relationship r WHERE r.district_id = p_district AND r.guardian_id = ANY (p_accounts))
$function$;

COMMENT ON FUNCTION sync.relatives_of(bigint, bigint[]) IS 'The guardians of these students and the students of these guardians in the directory.';
REVOKE ALL ON FUNCTION sync.relatives_of(bigint, bigint[]) FROM PUBLIC;
