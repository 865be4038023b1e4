CREATE OR REPLACE FUNCTION api.mark_classroom(p_district bigint, p_classroom bigint) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO sync.mark (district_id, kind, id) VALUES (p_district, 'classroom', p_classroom)
$$;
COMMENT ON FUNCTION api.mark_classroom(bigint, bigint) IS
    'The next run looks again at this classroom.';
REVOKE ALL ON FUNCTION api.mark_classroom(bigint, bigint) FROM PUBLIC;
