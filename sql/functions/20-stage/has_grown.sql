-- A plan's leaves count as grown sooner: every run reads each of them a dozen times, with the pages the
-- district before has left there, and only the night of a bulk file fills them.
CREATE OR REPLACE FUNCTION stage.has_grown(p_table text, p_slot smallint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_relation_size((p_table || '_' || p_slot)::regclass) > CASE WHEN p_table LIKE 'stage.%' THEN 1024 ELSE 128 END * 1024
$function$;

COMMENT ON FUNCTION stage.has_grown(text, smallint) IS 'Whether a table''s leaf of this slot is so large that it is emptied by TRUNCATE.';
REVOKE ALL ON FUNCTION stage.has_grown(text, smallint) FROM PUBLIC;
