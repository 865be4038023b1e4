-- A hold shows what a whole file has, and what waits from an earlier file is in no digest of it.
CREATE OR REPLACE FUNCTION stage.offered_digest(p_district bigint) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT j.digest
    FROM sis.judged j JOIN rosterd.district d ON d.district_id = j.district_id
    WHERE j.district_id = p_district AND NOT d.preview_only AND d.file_reading <> 'strict'
      AND NOT EXISTS (SELECT FROM rosterd.hold h WHERE h.district_id = p_district AND h.closed_at IS NULL)
      AND NOT EXISTS (SELECT FROM sis.org m WHERE m.district_id = p_district AND m.loss_withheld)
      AND NOT EXISTS (SELECT FROM sis.class m WHERE m.district_id = p_district AND m.loss_withheld)
      AND NOT EXISTS (SELECT FROM sis.person m WHERE m.district_id = p_district AND m.loss_withheld)
      AND NOT EXISTS (SELECT FROM sis.link m WHERE m.district_id = p_district AND m.loss_withheld)
      AND NOT EXISTS (SELECT FROM sis.enrollment m WHERE m.district_id = p_district AND m.loss_withheld)
$function$;

COMMENT ON FUNCTION stage.offered_digest(bigint) IS 'The digest that the next file may be shortened by; NULL: it has to be staged whole (SAFE-3, SAFE-4).';
REVOKE ALL ON FUNCTION stage.offered_digest(bigint) FROM PUBLIC;
