-- Whoever of another name has it may go on having it: an active person, or somebody who was given it by
-- hand and has no live record. Most values have no such holder, so that is asked first.
CREATE OR REPLACE FUNCTION sync.kept_apart(p_slot smallint, p_values text[]) RETURNS TABLE (value text, name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_held text[];
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    v_held := ARRAY(
        SELECT h.value
        FROM (SELECT DISTINCT x.value FROM unnest(p_values) AS x (value)) s
        JOIN directory.credential h ON h.district_id = (SELECT v.district_id) AND h.value = s.value AND (v.whole OR h.value = ANY (v.contested))
        JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = h.person_id
        WHERE d.status = 'active' OR h.manual OR h.vouched);
    IF v_held = '{}' THEN
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
    JOIN directory.credential h ON h.district_id = (SELECT v.district_id) AND h.value = s.value AND (v.whole OR h.value = ANY (v.contested))
    JOIN directory.person d ON d.district_id = (SELECT v.district_id) AND d.person_id = h.person_id
    LEFT JOIN (SELECT DISTINCT p.account FROM sync.after_person p WHERE p.slot = p_slot AND p.live) l ON l.account = h.person_id
    LEFT JOIN claim g ON g.value = s.value AND g.name = s.name AND g.is_guardian AND g.account = h.person_id
    WHERE (d.status = 'active' OR (h.manual OR h.vouched) AND l.account IS NULL) AND g.account IS NULL
      AND sync.fold_name(d.given_name) || U&'\001E' || sync.fold_name(d.family_name) <> s.name;
END
$function$;

COMMENT ON FUNCTION sync.kept_apart(smallint, text[]) IS
    'Of the values that guardian records of one name share, those that somebody of another name holds, so that the records are not one person for them (CRED-7).';
REVOKE ALL ON FUNCTION sync.kept_apart(smallint, text[]) FROM PUBLIC;
