-- In SQL for the reason that sync.members_of is. An e-mail is nobody's number.
CREATE OR REPLACE FUNCTION sync.records_with(p_district bigint, p_values text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH value AS MATERIALIZED (
        SELECT array_agg(v) FILTER (WHERE strpos(v, '@') > 0) AS emails, array_agg(v) FILTER (WHERE strpos(v, '@') = 0) AS numbers
        FROM unnest(p_values) AS v
    )
    SELECT ARRAY(
        SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.email = ANY ((SELECT emails FROM value)::text[])
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.sms = ANY ((SELECT numbers FROM value)::text[])
        UNION SELECT m.sourced_id FROM sis.person m WHERE m.district_id = p_district AND m.phone = ANY ((SELECT numbers FROM value)::text[]))
$function$;

COMMENT ON FUNCTION sync.records_with(bigint, text[]) IS 'Every record of the mirror that has one of these e-mails or numbers.';
REVOKE ALL ON FUNCTION sync.records_with(bigint, text[]) FROM PUBLIC;
