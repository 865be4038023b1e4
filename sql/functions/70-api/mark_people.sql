-- The next run looks again at these people and at every claimant of what they hold.
CREATE OR REPLACE FUNCTION api.mark_people(p_district bigint, p_people bigint[]) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO sync.mark (district_id, kind, id)
    SELECT p_district, 'person', p.person_id
      FROM (SELECT DISTINCT unnest(p_people) AS person_id) AS p;
    INSERT INTO sync.mark (district_id, kind, value)
    SELECT p_district, 'credential', c.value
      FROM directory.credential AS c
     WHERE c.district_id = p_district AND c.person_id = ANY (p_people);
$$;
COMMENT ON FUNCTION api.mark_people(bigint, bigint[]) IS 'Marks people and their credentials for the next run.';
REVOKE ALL ON FUNCTION api.mark_people(bigint, bigint[]) FROM PUBLIC;
