-- An invitee proves one of their credentials and becomes active, for good: from here on the sync
-- leaves names and credentials alone (UPD-4). The person's row is locked before the invitation is
-- looked at, so that of two acceptances one finds the person active already.
--
-- Every credential has its own newest invitation; the older ones were closed when it was opened. A
-- closed, accepted or unknown secret is refused in the same words. The person's other open
-- invitations have nothing left to invite to and are closed.
CREATE OR REPLACE FUNCTION api.accept_invitation(p_district bigint, p_secret text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_person bigint;
    v_invitation directory.invitation;
BEGIN
    PERFORM sync.enter_gate(p_district);

    SELECT p.person_id INTO v_person
      FROM directory.person AS p
      JOIN directory.invitation AS i ON i.district_id = p_district AND i.person_id = p.person_id
     WHERE p.district_id = p_district AND i.secret = p_secret AND p.status = 'invitee'
       FOR NO KEY UPDATE OF p;
    SELECT i.* INTO v_invitation
      FROM directory.invitation AS i
      JOIN directory.credential AS c ON c.district_id = p_district AND c.value = i.value AND c.person_id = i.person_id
     WHERE i.district_id = p_district AND i.person_id = v_person AND i.secret = p_secret AND i.state = 'open';
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS011',
            MESSAGE = 'the invitation is not open',
            HINT = 'It was replaced by a newer one, used already, or taken back. The newest message has the link that works.';
    END IF;

    PERFORM api.make_active(p_district, v_person, v_person, 'accept_invitation', 'ACC-2', ARRAY[v_invitation.value]);
    RETURN v_person;
END
$$;
COMMENT ON FUNCTION api.accept_invitation(bigint, text) IS
    'Makes the invitee of an open invitation active, once; RS011 for any secret that is not open (ACC-2, UPD-4, SAFE-8).';
REVOKE ALL ON FUNCTION api.accept_invitation(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.accept_invitation(bigint, text) TO rosterd_app;
