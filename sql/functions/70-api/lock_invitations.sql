-- The sender reports many invitations at once, acts end several: each locks them by number first, so
-- that none waits for the other in a ring. p_people or p_ids, the other NULL.
CREATE OR REPLACE FUNCTION api.lock_invitations(p_district bigint, p_people bigint[], p_ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_people IS NOT NULL THEN
        PERFORM FROM directory.invitation AS i
          WHERE i.district_id = p_district AND i.person_id = ANY (p_people) AND i.state = 'open'
          ORDER BY i.invitation_id
            FOR NO KEY UPDATE;
    ELSE
        PERFORM FROM directory.invitation AS i
          WHERE i.district_id = p_district AND i.invitation_id = ANY (p_ids)
          ORDER BY i.invitation_id
            FOR NO KEY UPDATE;
    END IF;
END
$$;
COMMENT ON FUNCTION api.lock_invitations(bigint, bigint[], bigint[]) IS
    'Locks invitations in the order of their numbers (SAFE-8).';
REVOKE ALL ON FUNCTION api.lock_invitations(bigint, bigint[], bigint[]) FROM PUBLIC;
