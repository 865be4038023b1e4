-- An active person who gets nothing of what the SIS gives keeps what they hold, before everybody else.
-- Whoever would have got that may be the next to be left with nothing.
CREATE OR REPLACE FUNCTION sync.keep_last_credentials(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_kept text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    LOOP
        WITH kept AS (
            INSERT INTO sync.plan_claim (slot, value, kind, account, rank, is_active, manual, holds, wins)
            SELECT p_slot, c.value, c.kind, a.account, a.rank, true, c.manual, true, true
            FROM sync.plan_account a
            JOIN directory.credential c ON c.district_id = (SELECT v.district_id) AND c.person_id = a.account AND (v.whole OR c.value = ANY (v.contested))
            LEFT JOIN (SELECT DISTINCT k.account FROM sync.plan_claim k WHERE k.slot = p_slot AND k.wins) w ON w.account = a.account
            WHERE a.slot = p_slot AND a.managed AND w.account IS NULL
            RETURNING value
        )
        SELECT array_agg(k.value) INTO v_kept FROM kept k;
        EXIT WHEN v_kept IS NULL;
        UPDATE sync.plan_claim c SET wins = false WHERE c.slot = p_slot AND c.value = ANY (v_kept) AND NOT c.is_active;
    END LOOP;
END
$function$;

COMMENT ON FUNCTION sync.keep_last_credentials(smallint) IS 'The sync never takes the last credential of an active person (UPD-5).';
REVOKE ALL ON FUNCTION sync.keep_last_credentials(smallint) FROM PUBLIC;
