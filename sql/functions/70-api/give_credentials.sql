CREATE OR REPLACE FUNCTION api.give_credentials(p_district bigint, p_actor bigint, p_act text, p_rule text,
                                                p_person bigint, p_kinds text[], p_values text[], p_proved boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO directory.credential (district_id, person_id, kind, value, manual, proved)
    SELECT p_district, p_person, g.kind, g.value, true, p_proved
      FROM unnest(p_kinds, p_values) AS g (kind, value)
     ORDER BY g.value;
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, after)
    SELECT p_district, p_actor, p_act, p_rule, 'directory.credential', jsonb_build_object('value', g.value),
           jsonb_build_object('person_id', p_person, 'kind', g.kind)
      FROM unnest(p_kinds, p_values) AS g (kind, value);
EXCEPTION WHEN unique_violation THEN
    PERFORM api.credential_taken();
END
$$;
COMMENT ON FUNCTION api.give_credentials(bigint, bigint, text, text, bigint, text[], text[], boolean) IS
    'Gives a person credentials by hand; RS005 when somebody else was first (ACC-1, GRD-1).';
REVOKE ALL ON FUNCTION api.give_credentials(bigint, bigint, text, text, bigint, text[], text[], boolean) FROM PUBLIC;
