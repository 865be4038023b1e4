-- A classroom's row, RS008 when the district has none of that number. Locked, so that nobody archives
-- it while somebody else is put in. Acts lock a classroom before people, and people by number.
CREATE OR REPLACE FUNCTION api.classroom_of(p_district bigint, p_classroom bigint) RETURNS directory.classroom
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_classroom directory.classroom;
BEGIN
    SELECT * INTO v_classroom FROM directory.classroom AS c
     WHERE c.district_id = p_district AND c.classroom_id = p_classroom
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such classroom in this district';
    END IF;
    RETURN v_classroom;
END
$$;
COMMENT ON FUNCTION api.classroom_of(bigint, bigint) IS
    'A classroom''s row, locked for the act, or RS008.';
REVOKE ALL ON FUNCTION api.classroom_of(bigint, bigint) FROM PUBLIC;
