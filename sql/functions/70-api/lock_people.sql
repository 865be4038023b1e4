-- Acts on the same people take turns; always in one order, so that none waits for the other in a ring.
CREATE OR REPLACE FUNCTION api.lock_people(p_district bigint, p_people bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM directory.person AS p
      WHERE p.district_id = p_district AND p.person_id = ANY (p_people)
      ORDER BY p.person_id
        FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION api.lock_people(bigint, bigint[]) IS
    'Locks people in the order of their numbers (SAFE-8).';
REVOKE ALL ON FUNCTION api.lock_people(bigint, bigint[]) FROM PUBLIC;
