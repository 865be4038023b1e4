-- After an act: each of these people who is an invitee and connected to a school has one open
-- invitation a credential, nobody else has any.
CREATE OR REPLACE FUNCTION api.settle_invitations(p_district bigint, p_actor bigint, p_act text, p_people bigint[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now CONSTANT timestamptz := now();
BEGIN
    PERFORM api.lock_invitations(p_district, p_people, NULL);
    WITH ended AS (
        UPDATE directory.invitation AS i SET state = 'closed', ended_at = v_now
         WHERE i.district_id = p_district AND i.person_id = ANY (p_people) AND i.state = 'open'
           AND NOT EXISTS (SELECT FROM api.invitable AS w
                            WHERE w.district_id = p_district AND w.person_id = i.person_id AND w.value = i.value AND w.kind = i.kind)
        RETURNING i.invitation_id)
    INSERT INTO audit.change (district_id, actor_id, act, rule, relation, key, before, after)
    SELECT p_district, p_actor, p_act, 'IN-6', 'directory.invitation', jsonb_build_object('invitation_id', e.invitation_id),
           jsonb_build_object('state', 'open'), jsonb_build_object('state', 'closed')
      FROM ended AS e;

    INSERT INTO directory.invitation (district_id, person_id, kind, value)
    SELECT p_district, w.person_id, w.kind, w.value
      FROM api.invitable AS w
     WHERE w.district_id = p_district AND w.person_id = ANY (p_people)
       AND NOT EXISTS (SELECT FROM directory.invitation AS i
                        WHERE i.district_id = p_district AND i.person_id = w.person_id AND i.value = w.value AND i.state = 'open');
END
$$;
COMMENT ON FUNCTION api.settle_invitations(bigint, bigint, text, bigint[]) IS
    'Opens and closes invitations of these people as their credentials and connections now are (IN-6, STU-3).';
REVOKE ALL ON FUNCTION api.settle_invitations(bigint, bigint, text, bigint[]) FROM PUBLIC;
