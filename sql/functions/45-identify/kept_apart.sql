-- Whoever of another name has it may go on having it, though no record of theirs claims it: an active
-- person, somebody who is pinned, or who was given it by hand and to whom the SIS gives nothing. Most values
-- have no such holder, so that is asked first.
CREATE OR REPLACE FUNCTION sync.kept_apart(p_slot smallint, p_values text[]) RETURNS TABLE (value text, name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_held text[];
    v_holders bigint[];
    v_names text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT array_agg(h.value), array_agg(h.person_id), array_agg(sync.fold_name(d.given_name) || U&'\001E' || sync.fold_name(d.family_name))
    INTO v_held, v_holders, v_names
    FROM (SELECT DISTINCT x.value FROM unnest(p_values) AS x (value)) s
    JOIN directory.credential h ON h.district_id = (SELECT v.district_id) AND h.value = s.value AND (v.whole OR h.value = ANY (v.contested))
    JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = h.person_id
    LEFT JOIN sync.plan_pin n ON n.slot = p_slot AND n.op = 'keep' AND n.kind = 'person' AND n.id = h.person_id
    LEFT JOIN (SELECT p.account, bool_or(p.email IS NOT NULL AND (p.is_student OR p.is_teacher OR p.is_guardian)
                                         OR p.is_guardian AND (p.sms IS NOT NULL OR v.phone_is_credential AND p.phone IS NOT NULL)) AS is_given
               FROM sync.after_person p WHERE p.slot = p_slot AND p.live GROUP BY p.account) l ON l.account = h.person_id
    WHERE d.status = 'active' OR n.frozen OR n.id IS NOT NULL AND l.account IS NULL OR (h.manual OR h.vouched) AND l.is_given IS NOT TRUE;
    IF v_held IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH claim AS MATERIALIZED (
        SELECT * FROM sync.record_claims(p_slot, v_held)
    ), several AS MATERIALIZED (
        SELECT c.value, c.name FROM claim c WHERE c.is_guardian AND NOT c.is_student GROUP BY c.value, c.name HAVING count(*) > 1
    )
    SELECT DISTINCT s.value, s.name
    FROM several s
    JOIN unnest(v_held, v_holders, v_names) AS h (value, person_id, name) ON h.value = s.value AND h.name <> s.name
    LEFT JOIN claim g ON g.value = s.value AND g.name = s.name AND g.is_guardian AND g.account = h.person_id
    WHERE g.account IS NULL;
END
$function$;

COMMENT ON FUNCTION sync.kept_apart(smallint, text[]) IS
    'Of the values that guardian records of one name share, those that somebody of another name holds, so that the records are not one person for them (CRED-7).';
REVOKE ALL ON FUNCTION sync.kept_apart(smallint, text[]) FROM PUBLIC;
