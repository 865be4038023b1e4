-- A school's row, RS008 when the district has none of that number.
CREATE OR REPLACE FUNCTION api.school_of(p_district bigint, p_school bigint) RETURNS directory.school
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_school directory.school;
BEGIN
    SELECT * INTO v_school FROM directory.school AS s WHERE s.district_id = p_district AND s.school_id = p_school;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such school in this district';
    END IF;
    RETURN v_school;
END
$$;
COMMENT ON FUNCTION api.school_of(bigint, bigint) IS 'A school''s row, or RS008.';
REVOKE ALL ON FUNCTION api.school_of(bigint, bigint) FROM PUBLIC;
