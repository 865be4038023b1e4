CREATE OR REPLACE FUNCTION sync.run_came_at(p_run bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN r.cause = 'approval'
                THEN coalesce((SELECT max(h.run_id) FROM rosterd.run h
                               WHERE h.district_id = r.district_id AND h.file_sha256 = r.file_sha256 AND h.cause <> 'approval' AND h.run_id < r.run_id), r.run_id)
                ELSE r.run_id END
    FROM rosterd.run r WHERE r.run_id = p_run
$function$;

COMMENT ON FUNCTION sync.run_came_at(bigint) IS
    'The run in which a run''s file came: its own, or, if it carries out an approval, the one that was held. Packages follow each other in this order.';
REVOKE ALL ON FUNCTION sync.run_came_at(bigint) FROM PUBLIC;
