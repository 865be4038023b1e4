-- A person's row, RS008 when the district has none of that number.
CREATE OR REPLACE FUNCTION api.person_of(p_district bigint, p_person bigint) RETURNS directory.person
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_person directory.person;
BEGIN
    SELECT * INTO v_person FROM directory.person AS p WHERE p.district_id = p_district AND p.person_id = p_person;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = 'there is no such person in this district';
    END IF;
    RETURN v_person;
END
$$;
COMMENT ON FUNCTION api.person_of(bigint, bigint) IS
    'A person''s row, or RS008.';
REVOKE ALL ON FUNCTION api.person_of(bigint, bigint) FROM PUBLIC;
