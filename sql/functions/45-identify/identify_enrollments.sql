CREATE OR REPLACE FUNCTION sync.identify_enrollments(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE sync.after_enrollment e SET account = p.account
    FROM sync.after_person p
    WHERE e.slot = p_slot AND p.slot = p_slot AND p.sourced_id = e.person AND (p.attached IS NOT NULL OR p.was <> p.account) AND e.account <> p.account;
END
$function$;

COMMENT ON FUNCTION sync.identify_enrollments(smallint) IS 'The enrollments go with the records that are somebody else''s now (CRED-7, CRED-9, OFF-3).';
REVOKE ALL ON FUNCTION sync.identify_enrollments(smallint) FROM PUBLIC;
