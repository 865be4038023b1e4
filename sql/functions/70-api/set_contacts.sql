-- A person's credentials after a change by hand: of the kinds given, what was given; of the others,
-- what they hold. Nobody is left without one by it. A number held as SMS and given as phone stays
-- the one credential it is.
CREATE OR REPLACE FUNCTION api.set_contacts(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                            p_person bigint, p_kinds text[], p_values text[]) RETURNS text[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_held text[];
    v_kept text[];
    v_dropped text[];
    v_new_kinds text[];
    v_new text[];
BEGIN
    SELECT coalesce(array_agg(c.value), '{}'),
           coalesce(array_agg(c.value) FILTER (WHERE c.kind <> ALL (p_kinds) OR c.value = ANY (p_values)), '{}')
      INTO v_held, v_kept
      FROM directory.credential AS c WHERE c.district_id = p_district AND c.person_id = p_person;
    v_dropped := ARRAY(SELECT h.value FROM unnest(v_held) AS h (value) WHERE h.value <> ALL (v_kept));
    SELECT coalesce(array_agg(g.kind), '{}'), coalesce(array_agg(g.value), '{}') INTO v_new_kinds, v_new
      FROM unnest(p_kinds, p_values) AS g (kind, value) WHERE g.value <> '' AND g.value <> ALL (v_held);
    IF v_held <> '{}' AND v_kept = '{}' AND v_new = '{}' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = 'the last credential cannot be taken away',
            HINT = 'Give another e-mail or number first.';
    END IF;

    PERFORM api.take_from_students(p_district, p_actor, p_act,
        ARRAY(SELECT s.student_id FROM directory.guardianship AS s WHERE s.district_id = p_district AND s.guardian_id = p_person), v_new);
    IF EXISTS (SELECT FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (v_new)) THEN
        PERFORM api.credential_taken();
    END IF;

    WITH dropped AS (
        DELETE FROM directory.credential AS c
         WHERE c.district_id = p_district AND c.person_id = p_person AND c.value = ANY (v_dropped)
        RETURNING c.kind, c.value)
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before)
    SELECT p_district, p_actor, p_act, p_rule, 'directory.credential', jsonb_build_object('value', d.value),
           jsonb_build_object('person_id', p_person, 'kind', d.kind)
      FROM dropped AS d;
    UPDATE directory.credential AS c SET kind = 'sms'
     WHERE c.district_id = p_district AND c.person_id = p_person AND c.kind = 'phone'
       AND EXISTS (SELECT FROM unnest(p_kinds, p_values) AS g (kind, value) WHERE g.kind = 'sms' AND g.value = c.value);
    PERFORM api.give_credentials(p_district, p_actor, p_act, p_rule, p_person, v_new_kinds, v_new, false);
    PERFORM api.mark_values(p_district, v_dropped);
    PERFORM api.mark_people(p_district, ARRAY[p_person]);
    RETURN v_dropped;
END
$$;
COMMENT ON FUNCTION api.set_contacts(bigint, bigint, text, text, bigint, text[], text[]) IS
    'Changes a person''s credentials, kind by kind; gives back the values they lost (ACC-1, GRD-4; RS005, RS009).';
REVOKE ALL ON FUNCTION api.set_contacts(bigint, bigint, text, text, bigint, text[], text[]) FROM PUBLIC;
