CREATE OR REPLACE FUNCTION sync.delta_base(p_slot smallint, p_district bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'no complete (bulk) file came before this delta: ' || string_agg(f.key, ', ' ORDER BY f.key)
    FROM stage.slot s
    CROSS JOIN LATERAL jsonb_each(s.files) f
    WHERE s.slot = p_slot AND (f.value ->> 'present')::boolean AND f.value ->> 'mode' = 'delta'
      AND NOT EXISTS (SELECT FROM sis.judged j WHERE j.district_id = p_district AND j.modes ? f.key)
$function$;

COMMENT ON FUNCTION sync.delta_base(smallint, bigint) IS
    'What is missing for the delta files of a package: NULL, or a sentence naming those of which no bulk was ever accepted.';
REVOKE ALL ON FUNCTION sync.delta_base(smallint, bigint) FROM PUBLIC;
