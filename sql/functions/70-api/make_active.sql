-- A person becomes active, having proved p_proved: what was open for these is accepted, what was
-- open for their other credentials is closed. Does nothing to the status of one who is active.
CREATE OR REPLACE FUNCTION api.make_active(p_district bigint, p_person bigint, p_actor bigint, p_act text, p_rule text,
                                           p_proved text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now CONSTANT timestamptz := now();
BEGIN
    WITH became AS (
        UPDATE directory.person AS p SET status = 'active', active_since = v_now
         WHERE p.district_id = p_district AND p.person_id = p_person AND p.status = 'invitee'
        RETURNING p.person_id)
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, p_act, p_rule, 'directory.person', jsonb_build_object('person_id', b.person_id),
           jsonb_build_object('status', 'invitee'), jsonb_build_object('status', 'active')
      FROM became AS b;

    PERFORM api.lock_invitations(p_district, ARRAY[p_person], NULL);
    WITH ended AS (
        UPDATE directory.invitation AS i
           SET state = CASE WHEN i.value = ANY (p_proved) THEN 'accepted' ELSE 'closed' END, ended_at = v_now
         WHERE i.district_id = p_district AND i.person_id = p_person AND i.state = 'open'
        RETURNING i.invitation_id, i.state)
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, p_act, p_rule, 'directory.invitation', jsonb_build_object('invitation_id', e.invitation_id),
           jsonb_build_object('state', 'open'), jsonb_build_object('state', e.state)
      FROM ended AS e;

    UPDATE directory.credential AS c SET proved = true
     WHERE c.district_id = p_district AND c.person_id = p_person AND c.value = ANY (p_proved) AND NOT c.proved;

    PERFORM api.mark_people(p_district, ARRAY[p_person]);
END
$$;
COMMENT ON FUNCTION api.make_active(bigint, bigint, bigint, text, text, text[]) IS
    'A person becomes active by proving credentials; their invitations end (ACC-2, GRD-2).';
REVOKE ALL ON FUNCTION api.make_active(bigint, bigint, bigint, text, text, text[]) FROM PUBLIC;
