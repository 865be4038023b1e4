-- Names of active people are their own. A synced student's name given by hand stays what people see.
CREATE OR REPLACE FUNCTION sync.judge_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_person (slot, op, account, sourced_id, given_name, family_name, rule)
    SELECT p_slot, CASE WHEN a.is_new THEN 'add' ELSE 'change' END, a.account, coalesce(d.sourced_id, a.sourced_id),
           coalesce(d.edited_given_name, n.given_name), coalesce(d.edited_family_name, n.family_name), 'UPD-3'
    FROM sync.plan_account a
    JOIN sync.after_person n ON n.slot = p_slot AND n.sourced_id = a.sourced_id
    LEFT JOIN directory.person d ON d.district_id = v.district_id AND d.person_id = a.account AND (v.whole OR d.person_id = ANY (v.accounts))
    LEFT JOIN sync.plan_guardian g ON g.slot = p_slot AND g.account = a.account
    LEFT JOIN sync.plan_pin f ON f.slot = p_slot AND f.op = 'keep' AND f.kind = 'person' AND f.id = a.account AND f.frozen
    WHERE a.slot = p_slot AND a.judged AND a.live
      AND CASE WHEN a.is_new THEN a.live_student OR a.live_teacher OR coalesce(g.added, false)
               ELSE NOT a.is_active AND f.id IS NULL AND (d.given_name, d.family_name)
                        IS DISTINCT FROM (coalesce(d.edited_given_name, n.given_name), coalesce(d.edited_family_name, n.family_name))
                    OR d.sourced_id IS NULL END;
END
$function$;

COMMENT ON FUNCTION sync.judge_people(smallint) IS 'New people come in; the names of invitees are what the SIS says, those of active people stay (IN-2, IN-3, IN-4, UPD-2, UPD-3, UPD-4).';
REVOKE ALL ON FUNCTION sync.judge_people(smallint) FROM PUBLIC;
