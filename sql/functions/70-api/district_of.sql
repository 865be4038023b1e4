-- The settings of a district, RS008 when there is none.
CREATE OR REPLACE FUNCTION api.district_of(p_district bigint) RETURNS rosterd.district
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_district rosterd.district;
BEGIN
    SELECT * INTO v_district FROM rosterd.district AS d WHERE d.district_id = p_district;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such district';
    END IF;
    RETURN v_district;
END
$$;
COMMENT ON FUNCTION api.district_of(bigint) IS 'A district''s settings, or RS008.';
REVOKE ALL ON FUNCTION api.district_of(bigint) FROM PUBLIC;
