CREATE OR REPLACE FUNCTION rosterd.check_district(p_new jsonb, p_old jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_message text;
    v_hint text;
    v_until timestamptz := (p_new ->> 'paused_until')::timestamptz;
    v_zone text := p_new ->> 'time_zone';
    v_region text := p_new ->> 'phone_region';
BEGIN
    IF v_until IS DISTINCT FROM (p_old ->> 'paused_until')::timestamptz AND v_until <= clock_timestamp() THEN
        v_message := format('paused_until is in the past (%s)', v_until);
        v_hint := format('Give a time to come, e.g. paused_until = %L, or NULL to go on now.', (clock_timestamp() + interval '14 days')::date);
    ELSIF v_until > clock_timestamp() AND p_new ->> 'pause_reason' IS NULL THEN
        v_message := 'a pause needs a pause_reason';
        v_hint := 'Say why in the same UPDATE, for whoever reads it later: pause_reason = ''summer, agreed with the district''.';
    ELSIF NOT rosterd.is_one_of(p_new ->> 'abandonment', 'soft', 'extreme') THEN
        v_message := format('abandonment must be ''soft'' or ''extreme'', not %s', coalesce(quote_literal(p_new ->> 'abandonment'), 'NULL'));
        v_hint := 'soft: families who left stay in the archived classrooms. extreme: they are out of everything; only if the district asked for it.';
    ELSIF NOT rosterd.is_one_of(p_new ->> 'abandoned_classrooms', 'archive', 'disconnect') THEN
        v_message := format('abandoned_classrooms must be ''archive'' or ''disconnect'', not %s', coalesce(quote_literal(p_new ->> 'abandoned_classrooms'), 'NULL'));
        v_hint := 'archive: a class that left the SIS is archived. disconnect: it goes on as a classroom kept by hand.';
    ELSIF NOT rosterd.is_one_of(p_new ->> 'on_limit', 'hold-all', 'hold-removals') THEN
        v_message := format('on_limit must be ''hold-all'' or ''hold-removals'', not %s', coalesce(quote_literal(p_new ->> 'on_limit'), 'NULL'));
        v_hint := 'hold-removals: what a run would remove beyond the limit waits for a decision, the rest is applied. hold-all: everything waits.';
    ELSIF coalesce((p_new ->> 'removal_limit_percent')::numeric NOT BETWEEN 0 AND 100, true) THEN
        v_message := format('removal_limit_percent must be 0 to 100, not %s', coalesce(p_new ->> 'removal_limit_percent', 'NULL'));
        v_hint := 'It is a percentage: 10 means a run that would remove more than 10 % of anything is held.';
    ELSIF coalesce((p_new ->> 'removal_limit_min')::integer < 0, true) THEN
        v_message := format('removal_limit_min must be 0 or more, not %s', coalesce(p_new ->> 'removal_limit_min', 'NULL'));
        v_hint := 'It is a number of people or classrooms: 20 means a run may always remove up to 20 of a kind.';
    ELSIF coalesce((p_new ->> 'change_limit_percent')::numeric NOT BETWEEN 0 AND 1000, true) THEN
        v_message := format('change_limit_percent must be 0 to 1000, not %s', coalesce(p_new ->> 'change_limit_percent', 'NULL'));
        v_hint := 'It is a percentage: 25 means a run that would add or change more than a quarter is held.';
    ELSIF NOT rosterd.is_one_of(p_new ->> 'file_encoding', 'utf-8', 'windows-1252') THEN
        v_message := format('file_encoding must be ''utf-8'' or ''windows-1252'', not %s', coalesce(quote_literal(p_new ->> 'file_encoding'), 'NULL'));
        v_hint := 'utf-8 is what OneRoster asks for. windows-1252: only for a district whose export cannot write UTF-8.';
    ELSIF NOT rosterd.is_one_of(p_new ->> 'file_reading', 'lenient', 'strict') THEN
        v_message := format('file_reading must be ''lenient'' or ''strict'', not %s', coalesce(quote_literal(p_new ->> 'file_reading'), 'NULL'));
        v_hint := 'lenient: what can be understood without guessing is taken. strict: a package that is not OneRoster to the letter is rejected.';
    ELSIF coalesce((p_new ->> 'bad_rows_limit_percent')::numeric NOT BETWEEN 0 AND 100, true) THEN
        v_message := format('bad_rows_limit_percent must be 0 to 100, not %s', coalesce(p_new ->> 'bad_rows_limit_percent', 'NULL'));
        v_hint := 'It is a percentage: 1 means a package is held when more than 1 % of the rows of one of its files cannot be used.';
    ELSIF v_region IS DISTINCT FROM p_old ->> 'phone_region' AND NOT rosterd.is_phone_region(v_region) THEN
        v_message := format('there is no phone region %s', coalesce(quote_literal(v_region), 'NULL'));
        v_hint := CASE WHEN rosterd.is_phone_region(upper(btrim(v_region))) THEN format('Write it in capitals: %L.', upper(btrim(v_region)))
                       ELSE 'It is a country''s two letters, e.g. ''US'', ''CA'', ''GB'': how numbers without a country code are read.' END;
    ELSIF v_zone IS DISTINCT FROM p_old ->> 'time_zone' AND NOT rosterd.is_time_zone(v_zone) THEN
        v_message := format('there is no time zone %s', coalesce(quote_literal(v_zone), 'NULL'));
        v_hint := 'Did you mean ' || coalesce((
            SELECT string_agg(quote_literal(near.name), ' or ') FROM (
                SELECT z.name FROM pg_catalog.pg_timezone_names z WHERE z.name ~ '^[A-Z][a-z]+/' ORDER BY rosterd.likeness(z.name, v_zone) DESC, z.name LIMIT 2) near),
            '''America/New_York''') || '? All names: SELECT name FROM pg_timezone_names;';
    ELSIF coalesce(p_new ->> 'slug' !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', true) THEN
        v_message := format('%s cannot be a slug', coalesce(quote_literal(p_new ->> 'slug'), 'NULL'));
        v_hint := 'Lower-case letters, digits and hyphens, 1 to 63, not beginning or ending with a hyphen: springfield-usd.';
    END IF;

    IF v_message IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = v_message, HINT = v_hint;
    END IF;
END
$function$;

COMMENT ON FUNCTION rosterd.check_district(jsonb, jsonb) IS
    'Refuses values of a district''s row that cannot be meant, saying what is wrong and what to write instead.';
REVOKE ALL ON FUNCTION rosterd.check_district(jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.check_district(jsonb, jsonb) TO rosterd_csm, rosterd_ops;
