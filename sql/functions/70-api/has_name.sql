CREATE OR REPLACE FUNCTION api.has_name(p_district bigint, p_person bigint, p_given text, p_family text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM directory.person AS p
                    WHERE p.district_id = p_district AND p.person_id = p_person
                      AND sync.fold_name(p.given_name) = sync.fold_name(p_given)
                      AND sync.fold_name(p.family_name) = sync.fold_name(p_family))
$$;
COMMENT ON FUNCTION api.has_name(bigint, bigint, text, text) IS
    'Whether a person has the same name (CRED-9, GRD-1, GRD-2).';
REVOKE ALL ON FUNCTION api.has_name(bigint, bigint, text, text) FROM PUBLIC;
