-- A pair of accounts whose record is another account's after the run has not ended, it has moved.
CREATE OR REPLACE FUNCTION sync.moved_pairs(p_slot smallint) RETURNS TABLE (student bigint, guardian bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM sync.after_person p WHERE p.slot = p_slot AND (p.was <> p.account OR p.left_account IS NOT NULL)) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT DISTINCT sa.account, ga.account
    FROM sync.after_link l
    JOIN sync.after_person s ON s.slot = p_slot AND s.sourced_id = l.student
    JOIN sync.after_person g ON g.slot = p_slot AND g.sourced_id = l.guardian AND g.live
    CROSS JOIN LATERAL unnest(ARRAY[s.account, s.was, s.left_account]) AS sa (account)
    CROSS JOIN LATERAL unnest(ARRAY[g.account, g.was, g.left_account]) AS ga (account)
    WHERE l.slot = p_slot AND l.stands
      AND (s.was <> s.account OR s.left_account IS NOT NULL OR g.was <> g.account OR g.left_account IS NOT NULL)
      AND sa.account IS NOT NULL AND ga.account IS NOT NULL;
END
$function$;

COMMENT ON FUNCTION sync.moved_pairs(smallint) IS 'The pairs of accounts that have gone with their records to another account (CRED-7).';
REVOKE ALL ON FUNCTION sync.moved_pairs(smallint) FROM PUBLIC;
