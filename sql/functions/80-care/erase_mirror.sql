-- Without a row in the mirror a record that comes again is a new one.
CREATE OR REPLACE FUNCTION sync.erase_mirror(p_district bigint, p_ids text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_token CONSTANT uuid := gen_random_uuid();
    v_counts jsonb;
BEGIN
    UPDATE sis.judged j SET token = v_token, digest = NULL WHERE j.district_id = p_district;
    DELETE FROM sis.unsettled u WHERE u.district_id = p_district;
    WITH enrollment AS (DELETE FROM sis.enrollment m WHERE m.district_id = p_district AND m.person = ANY (p_ids) RETURNING m.sourced_id),
    link AS (DELETE FROM sis.link m WHERE m.district_id = p_district AND (m.student = ANY (p_ids) OR m.guardian = ANY (p_ids)) RETURNING 1),
    role AS (DELETE FROM sis.role m WHERE m.district_id = p_district AND m.person = ANY (p_ids) RETURNING 1),
    person AS (DELETE FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = ANY (p_ids) RETURNING 1),
    offered AS (DELETE FROM sync.offered o WHERE o.district_id = p_district AND (o.old_id = ANY (p_ids) OR o.new_id = ANY (p_ids)) RETURNING 1),
    -- a finding about a row of theirs in enrollments.csv
    finding AS (DELETE FROM rosterd.finding f USING enrollment e
                WHERE f.district_id = p_district AND f.file = 'enrollments.csv' AND f.sourced_id = e.sourced_id RETURNING 1)
    SELECT jsonb_build_object('mirror', (SELECT count(*) FROM person) + (SELECT count(*) FROM link) + (SELECT count(*) FROM enrollment) + (SELECT count(*) FROM role)
                                        + (SELECT count(*) FROM offered), 'enrollment findings', (SELECT count(*) FROM finding))
    INTO v_counts;
    RETURN v_counts;
END
$function$;

COMMENT ON FUNCTION sync.erase_mirror(bigint, text[]) IS 'Deletes records from the mirror, with their relationships and enrollments, renews its token, and makes the digest void (ABN-E3).';
REVOKE ALL ON FUNCTION sync.erase_mirror(bigint, text[]) FROM PUBLIC;
