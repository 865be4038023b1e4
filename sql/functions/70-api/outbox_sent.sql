CREATE OR REPLACE FUNCTION api.outbox_sent(p_district bigint, p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.lock_invitations(p_district, NULL, p_ids);
    UPDATE directory.invitation AS i SET sent_at = now()
     WHERE i.district_id = p_district AND i.invitation_id = ANY (p_ids) AND i.taken_at IS NOT NULL AND i.sent_at IS NULL;
    UPDATE directory.notice AS n SET sent_at = now()
     WHERE n.district_id = p_district AND n.notice_id = ANY (p_ids) AND n.taken_at IS NOT NULL AND n.sent_at IS NULL;
END
$$;
COMMENT ON FUNCTION api.outbox_sent(bigint, bigint[]) IS
    'The sender reports what of the outbox was sent (IN-6).';
REVOKE ALL ON FUNCTION api.outbox_sent(bigint, bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.outbox_sent(bigint, bigint[]) TO rosterd_outbox;
