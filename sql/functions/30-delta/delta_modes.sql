-- Which files a package reads in which mode, beside how they were read before.
CREATE OR REPLACE FUNCTION sync.delta_modes(p_slot smallint, p_district bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO stage.finding (slot, severity, code, file, message, count)
    SELECT p_slot, 'warning', 'file.mode_changed', f.key,
           CASE f.value ->> 'mode'
               WHEN 'delta' THEN 'The manifest lists this file as delta (changes only), and listed it as bulk (complete) the last time. Nobody was removed for not being in it. If it is a complete file, list it as bulk.'
               ELSE 'The manifest lists this file as bulk (complete), and listed it as delta (changes only) the last time. What is not in it counts as gone. If it holds changes only, list it as delta.' END, 1
    FROM stage.slot s
    CROSS JOIN LATERAL jsonb_each(s.files) f
    JOIN sis.judged j ON j.district_id = (SELECT p_district)
    WHERE s.slot = p_slot AND (f.value ->> 'present')::boolean AND j.modes ->> f.key <> f.value ->> 'mode';
END
$function$;

COMMENT ON FUNCTION sync.delta_modes(smallint, bigint) IS 'One finding a file that is now bulk and was delta, or the other way round.';
REVOKE ALL ON FUNCTION sync.delta_modes(smallint, bigint) FROM PUBLIC;
