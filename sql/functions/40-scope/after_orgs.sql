CREATE OR REPLACE FUNCTION sync.after_orgs(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO sync.after_org (slot, sourced_id, name, live, is_school, school_id, is_new)
    SELECT p_slot, o.sourced_id, o.name, o.live, o.live AND lower(o.type) = 'school',
           coalesce(o.school_id, CASE WHEN o.live AND lower(o.type) = 'school' THEN nextval('directory.school_school_id_seq') END),
           o.school_id IS NULL
    FROM (SELECT m.sourced_id, m.name, m.type, m.live AND d.op IS NULL AS live, m.school_id
          FROM sis.org m LEFT JOIN sync.delta_org d ON d.slot = p_slot AND d.sourced_id = m.sourced_id
          WHERE m.district_id = (SELECT p_district) AND (d.op IS NULL OR d.op = 'gone')
          UNION ALL
          SELECT d.sourced_id, d.name, d.type, true, m.school_id
          FROM sync.delta_org d LEFT JOIN sis.org m ON m.district_id = (SELECT p_district) AND m.sourced_id = d.sourced_id
          WHERE d.slot = p_slot AND d.op <> 'gone') o;
END
$function$;

COMMENT ON FUNCTION sync.after_orgs(smallint, bigint) IS 'All organisations of the district as they will be; which of them are schools (IN-1).';
REVOKE ALL ON FUNCTION sync.after_orgs(smallint, bigint) FROM PUBLIC;
