-- Names of active people are their own, but where the sync owns their details. A synced student's name
-- given by hand stays what people see. Of several records the person shows the first, as long as it is theirs.
CREATE OR REPLACE FUNCTION sync.judge_people(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO sync.plan_person (slot, op, account, kind, sourced_id, given_name, family_name, rule)
    SELECT p_slot, CASE WHEN a.is_new THEN 'add' ELSE 'change' END, a.account,
           CASE WHEN a.live_student THEN 'students' WHEN a.live_teacher THEN 'teachers' ELSE 'guardians' END, w.sourced_id, w.given_name, w.family_name,
           CASE WHEN a.managed THEN 'UPD-5' ELSE 'UPD-3' END
    FROM sync.plan_account a
    JOIN sync.after_person n ON n.slot = p_slot AND n.sourced_id = a.sourced_id
    LEFT JOIN (SELECT p.*, shown.sourced_id AS shown
               FROM directory.person p
               LEFT JOIN sync.after_person shown ON shown.slot = p_slot AND shown.sourced_id = p.sourced_id AND shown.account = p.person_id
               WHERE p.district_id = (SELECT v.district_id) AND (v.whole OR p.person_id = ANY (v.accounts))) d ON d.person_id = a.account
    LEFT JOIN sync.plan_guardian g ON g.slot = p_slot AND g.account = a.account
    LEFT JOIN sync.plan_pin f ON f.slot = p_slot AND f.op = 'keep' AND f.kind = 'person' AND f.id = a.account AND f.frozen
    CROSS JOIN LATERAL (SELECT a.live AND f.id IS NULL AND (NOT a.is_active OR a.managed) AS follows) name
    CROSS JOIN LATERAL (
        SELECT coalesce(d.shown, a.sourced_id) AS sourced_id,
               CASE WHEN name.follows THEN coalesce(d.edited_given_name, n.given_name) ELSE d.given_name END AS given_name,
               CASE WHEN name.follows THEN coalesce(d.edited_family_name, n.family_name) ELSE d.family_name END AS family_name) w
    WHERE a.slot = p_slot AND a.judged
      AND CASE WHEN a.is_new THEN a.live AND (a.live_student OR a.live_teacher OR coalesce(g.added, false))
               ELSE (d.sourced_id, d.given_name, d.family_name) IS DISTINCT FROM (w.sourced_id, w.given_name, w.family_name) END;

    -- No record is theirs any more.
    INSERT INTO sync.plan_person (slot, op, account, kind, given_name, family_name, rule)
    SELECT p_slot, 'change', a.account, 'guardians', d.given_name, d.family_name, 'CRED-9'
    FROM sync.plan_account a
    JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = a.account AND d.sourced_id IS NOT NULL AND (v.whole OR d.person_id = ANY (v.accounts))
    WHERE a.slot = p_slot AND a.judged AND NOT a.recorded;
END
$function$;

COMMENT ON FUNCTION sync.judge_people(smallint) IS 'New people come in; the names of invitees are what the SIS says, those of active people stay (IN-2, IN-3, IN-4, UPD-2, UPD-3, UPD-4, UPD-5).';
REVOKE ALL ON FUNCTION sync.judge_people(smallint) FROM PUBLIC;
