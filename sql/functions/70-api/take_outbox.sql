-- Each is handed out once, whoever asks: what is being taken by another caller is passed over. What
-- was taken and never reported as sent can be seen by taken_at without sent_at.
CREATE OR REPLACE FUNCTION api.take_outbox(p_district bigint, p_limit integer)
RETURNS TABLE (id bigint, what text, person_id bigint, kind text, value text, secret text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_ids bigint[];
BEGIN
    PERFORM sync.enter_gate(p_district);
    IF p_limit IS NULL OR p_limit < 1 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the limit is at least 1';
    END IF;
    WITH i AS MATERIALIZED (
        SELECT n.invitation_id AS id FROM directory.invitation AS n
         WHERE n.district_id = p_district AND n.state = 'open' AND n.taken_at IS NULL
         ORDER BY n.invitation_id LIMIT p_limit FOR UPDATE SKIP LOCKED),
    m AS MATERIALIZED (
        SELECT n.notice_id AS id FROM directory.notice AS n
         WHERE n.district_id = p_district AND n.taken_at IS NULL
         ORDER BY n.notice_id LIMIT p_limit FOR UPDATE SKIP LOCKED),
    chosen AS (
        SELECT b.id FROM (SELECT i.id FROM i UNION ALL SELECT m.id FROM m) AS b ORDER BY b.id LIMIT p_limit)
    SELECT array_agg(c.id) INTO v_ids FROM chosen AS c;
    RETURN QUERY
    WITH invited AS (
        UPDATE directory.invitation AS n SET taken_at = now()
         WHERE n.district_id = p_district AND n.invitation_id = ANY (v_ids)
        RETURNING n.invitation_id AS id, 'invitation' AS what, n.person_id, n.kind, n.value, n.secret),
    noticed AS (
        UPDATE directory.notice AS n SET taken_at = now()
         WHERE n.district_id = p_district AND n.notice_id = ANY (v_ids)
        RETURNING n.notice_id AS id, n.what, n.person_id, n.kind, n.value, NULL::text AS secret)
    SELECT o.* FROM (SELECT * FROM invited UNION ALL SELECT * FROM noticed) AS o ORDER BY o.id;
END
$$;
COMMENT ON FUNCTION api.take_outbox(bigint, integer) IS
    'Open invitations with their secrets, and notices, to send; each once, oldest first (IN-6, GRD-5, UPD-5).';
REVOKE ALL ON FUNCTION api.take_outbox(bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.take_outbox(bigint, integer) TO rosterd_outbox;
