CREATE OR REPLACE FUNCTION sync.judge_schools(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_school (slot, op, school_id, sourced_id, name, archived, rule)
    SELECT p_slot,
           CASE WHEN s.school_id IS NULL THEN 'add'
                WHEN (s.name, s.archived) IS DISTINCT FROM (o.name, NOT o.is_school) THEN 'change' ELSE 'keep' END,
           o.school_id, o.sourced_id, o.name, NOT o.is_school,
           CASE WHEN s.archived IS DISTINCT FROM NOT o.is_school THEN 'ABN-3' ELSE 'IN-1' END
    FROM sync.after_org o
    LEFT JOIN directory.school s ON s.district_id = (SELECT v.district_id) AND s.school_id = o.school_id
    WHERE o.slot = p_slot AND o.school_id IS NOT NULL;
END
$function$;

COMMENT ON FUNCTION sync.judge_schools(smallint) IS 'Schools come in, take the name the SIS gives them, and are archived while they are not in it (IN-1, ABN-3).';
REVOKE ALL ON FUNCTION sync.judge_schools(smallint) FROM PUBLIC;
