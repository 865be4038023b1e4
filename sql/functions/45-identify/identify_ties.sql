CREATE OR REPLACE FUNCTION sync.identify_ties(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM sync.after_person p WHERE p.slot = p_slot AND (p.attached IS NOT NULL OR p.was <> p.account)) THEN
        RETURN;
    END IF;
    UPDATE sync.after_enrollment e SET account = p.account
    FROM sync.after_person p
    WHERE e.slot = p_slot AND p.slot = p_slot AND p.sourced_id = e.person AND (p.attached IS NOT NULL OR p.was <> p.account) AND e.account <> p.account;
    UPDATE sync.after_link l SET student_account = p.account
    FROM sync.after_person p
    WHERE l.slot = p_slot AND p.slot = p_slot AND p.sourced_id = l.student AND (p.attached IS NOT NULL OR p.was <> p.account) AND l.student_account <> p.account;
    UPDATE sync.after_link l SET guardian_account = p.account
    FROM sync.after_person p
    WHERE l.slot = p_slot AND p.slot = p_slot AND p.sourced_id = l.guardian AND (p.attached IS NOT NULL OR p.was <> p.account) AND l.guardian_account <> p.account;
END
$function$;

COMMENT ON FUNCTION sync.identify_ties(smallint) IS 'Enrollments and relationships go with the records that are somebody else''s now (CRED-7, CRED-9, OFF-3).';
REVOKE ALL ON FUNCTION sync.identify_ties(smallint) FROM PUBLIC;
