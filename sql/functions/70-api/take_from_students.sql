-- A student never keeps a guardian of theirs from a credential: what these students hold of p_values
-- is taken from them. An active student keeps theirs (UPD-4), and the act ends in RS005.
CREATE OR REPLACE FUNCTION api.take_from_students(p_district bigint, p_actor bigint, p_act text,
                                                  p_students bigint[], p_values text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_taken bigint[];
BEGIN
    WITH taken AS (
        DELETE FROM directory.credential AS c
         USING directory.person AS p
         WHERE c.district_id = p_district AND c.value = ANY (p_values) AND c.person_id = ANY (p_students)
           AND p.district_id = p_district AND p.person_id = c.person_id AND p.status = 'invitee'
        RETURNING c.person_id, c.kind, c.value),
    noted AS (
        INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before)
        SELECT p_district, p_actor, p_act, 'CRED-4', 'directory.credential', jsonb_build_object('value', t.value),
               jsonb_build_object('person_id', t.person_id, 'kind', t.kind)
          FROM taken AS t)
    SELECT array_agg(t.person_id) INTO v_taken FROM taken AS t;
    IF v_taken IS NOT NULL THEN
        PERFORM api.mark_people(p_district, v_taken);
        PERFORM api.settle_invitations(p_district, p_actor, p_act, v_taken);
    END IF;
END
$$;
COMMENT ON FUNCTION api.take_from_students(bigint, bigint, text, bigint[], text[]) IS
    'A student who is no active user yields a credential to their own guardian (CRED-4).';
REVOKE ALL ON FUNCTION api.take_from_students(bigint, bigint, text, bigint[], text[]) FROM PUBLIC;
