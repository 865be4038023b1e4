-- Twelve characters of five random bits each, without those people confuse. The new code replaces the
-- old one, which is worth nothing from then on.
CREATE OR REPLACE FUNCTION api.create_join_code(p_district bigint, p_actor bigint, p_classroom bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
    v_bytes CONSTANT bytea := uuid_send(gen_random_uuid());
    v_code text;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district), api.person_of(p_district, p_actor);
    v_classroom := api.classroom_of(p_district, p_classroom);
    PERFORM api.check_teaching_right(p_district, p_actor, v_classroom);
    PERFORM api.check_active(v_classroom);

    -- bytes 6 and 8 hold the version of the UUID, the others are random throughout
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (get_byte(v_bytes, b.at) & 31) + 1, 1), '' ORDER BY b.at) INTO v_code
      FROM unnest(ARRAY[0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]) AS b (at);
    INSERT INTO directory.join_code (district_id, classroom_id, code, created_by)
    VALUES (p_district, p_classroom, v_code, p_actor)
    ON CONFLICT (district_id, classroom_id) DO UPDATE SET code = excluded.code, created_by = p_actor, created_at = excluded.created_at;
    PERFORM api.audit_change(p_district, p_actor, 'create_join_code', 'GRD-2', 'directory.join_code',
        jsonb_build_object('classroom_id', p_classroom), NULL, '{}');
    RETURN substr(v_code, 1, 4) || '-' || substr(v_code, 5, 4) || '-' || substr(v_code, 9, 4);
END
$$;
COMMENT ON FUNCTION api.create_join_code(bigint, bigint, bigint) IS
    'Makes the join code of a classroom, replacing the one before (CLS-8, GRD-2; RS008, RS001).';
REVOKE ALL ON FUNCTION api.create_join_code(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.create_join_code(bigint, bigint, bigint) TO rosterd_app;
