-- First apart: of an account whose records are not all connected any more, the keeper is whom somebody
-- linked by hand, else who gives what an active person holds (they sign in with it), else who has a student
-- (losing one child must not cost the other), else who was there first. The others go back to what was
-- theirs, or to an account of their own. Then together: the records of a label go to one account. One that
-- is more than the SIS made it is never emptied.
CREATE OR REPLACE FUNCTION sync.identify_duplicates(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_accounts bigint[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    IF NOT v.merge_duplicate_guardians
       AND NOT EXISTS (SELECT FROM sync.after_person p WHERE p.slot = p_slot AND p.attached = 'merge' AND p.live AND p.judged) THEN
        RETURN;
    END IF;
    PERFORM sync.find_duplicates(p_slot);

    WITH labelled AS MATERIALIZED (
        SELECT DISTINCT d.sourced_id, d.label FROM sync.plan_duplicate d WHERE d.slot = p_slot
    ), bunch AS (
        SELECT p.account, l.label, min(p.sourced_id) AS first, bool_or(p.attached IS DISTINCT FROM 'merge') AS rooted,
               bool_or(coalesce(p.attached IN ('match', 'hand'), false)) AS bound, bool_or(h.value IS NOT NULL) AS gives,
               bool_or(t.guardian IS NOT NULL) AS has_student
        FROM sync.after_person p
        JOIN labelled l ON l.sourced_id = p.sourced_id
        LEFT JOIN (SELECT c.person_id, c.value FROM directory.credential c
                   JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = c.person_id AND d.status = 'active'
                                            AND (v.whole OR d.person_id = ANY (v.judged_accounts))
                   WHERE c.district_id = (SELECT v.district_id) AND (v.whole OR c.person_id = ANY (v.judged_accounts))) h
            ON h.person_id = p.account AND h.value IN (p.email, p.sms, p.phone)
        LEFT JOIN (SELECT DISTINCT k.guardian FROM sync.after_link k WHERE k.slot = p_slot AND k.stands AND k.student_account IS NOT NULL) t
            ON t.guardian = p.sourced_id
        WHERE p.slot = p_slot
        GROUP BY p.account, l.label
    ), ranked AS (
        SELECT b.account, b.label, row_number() OVER (PARTITION BY b.account ORDER BY b.bound DESC, b.gives DESC, b.has_student DESC, b.rooted DESC, b.first) AS place
        FROM bunch b
    )
    UPDATE sync.after_person p
    SET account = CASE WHEN own.person_id IS NOT NULL THEN p.left_account ELSE nextval('directory.person_person_id_seq') END,
        attached = NULL, left_account = NULL
    FROM labelled l
    JOIN ranked r ON r.label = l.label AND r.place > 1
    JOIN sync.after_person q ON q.slot = p_slot AND q.sourced_id = l.sourced_id AND q.account = r.account
    LEFT JOIN (SELECT d.person_id FROM directory.person d
               LEFT JOIN (SELECT DISTINCT m.person_id FROM sis.person m
                          WHERE m.district_id = (SELECT v.district_id) AND (v.whole OR m.person_id = ANY (v.judged_accounts))) m ON m.person_id = d.person_id
               WHERE d.district_id = (SELECT v.district_id) AND m.person_id IS NULL AND (v.whole OR d.person_id = ANY (v.judged_accounts))) own
        ON own.person_id = q.left_account
    WHERE p.slot = p_slot AND p.sourced_id = q.sourced_id;

    v_accounts := ARRAY(
        SELECT DISTINCT p.account
        FROM sync.plan_duplicate d JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = d.sourced_id WHERE d.slot = p_slot);
    WITH labelled AS MATERIALIZED (
        SELECT DISTINCT d.sourced_id, d.label FROM sync.plan_duplicate d WHERE d.slot = p_slot
    ), member AS MATERIALIZED (
        SELECT l.label, p.sourced_id, p.account, d.person_id IS NOT NULL AS exists, e.account IS NOT NULL AS established
        FROM labelled l
        JOIN sync.after_person p ON p.slot = p_slot AND p.sourced_id = l.sourced_id
        LEFT JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = p.account AND d.person_id = ANY (v_accounts)
        LEFT JOIN sync.established(p_slot, v_accounts) AS e (account) ON e.account = p.account
    ), chief AS (
        SELECT DISTINCT ON (m.label) m.label, m.account FROM member m
        ORDER BY m.label, m.established DESC, m.exists DESC, m.sourced_id
    )
    UPDATE sync.after_person p
    SET account = c.account, attached = 'merge',
        left_account = CASE WHEN p.attached = 'merge' THEN p.left_account WHEN m.exists THEN m.account END
    FROM member m JOIN chief c ON c.label = m.label
    WHERE p.slot = p_slot AND p.sourced_id = m.sourced_id AND NOT m.established AND m.account <> c.account;

    UPDATE sync.after_link l SET stands = false
    FROM sync.ended_by_moving(p_slot) e WHERE l.slot = p_slot AND l.student = e.student AND l.guardian = e.guardian;
END
$function$;

COMMENT ON FUNCTION sync.identify_duplicates(smallint) IS 'Makes duplicate guardians one person, and several again when they are none any more (CRED-7).';
REVOKE ALL ON FUNCTION sync.identify_duplicates(smallint) FROM PUBLIC;
