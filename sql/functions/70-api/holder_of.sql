-- Credentials given for somebody new may already be held. By one person of the same name who is no
-- student: it is them. By anybody else, or by several: not theirs to give.
CREATE OR REPLACE FUNCTION api.holder_of(p_district bigint, p_given text, p_family text, p_values text[]) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_holders bigint[];
BEGIN
    SELECT coalesce(array_agg(DISTINCT c.person_id), '{}') INTO v_holders
      FROM directory.credential AS c WHERE c.district_id = p_district AND c.value = ANY (p_values);
    IF cardinality(v_holders) = 0 THEN
        RETURN NULL;
    END IF;
    IF cardinality(v_holders) > 1 OR api.is_student(p_district, v_holders[1])
       OR NOT api.has_name(p_district, v_holders[1], p_given, p_family) THEN
        PERFORM api.credential_taken();
    END IF;
    RETURN v_holders[1];
END
$$;
COMMENT ON FUNCTION api.holder_of(bigint, text, text, text[]) IS
    'The person of this name who holds some of these credentials, NULL when nobody does; RS005 (GRD-1, CRED-9).';
REVOKE ALL ON FUNCTION api.holder_of(bigint, text, text, text[]) FROM PUBLIC;
