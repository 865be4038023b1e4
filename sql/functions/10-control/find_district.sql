CREATE OR REPLACE FUNCTION rosterd.find_district(p_slug text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district bigint;
    v_like text;
BEGIN
    SELECT d.district_id INTO v_district FROM rosterd.district d WHERE d.slug = lower(btrim(p_slug));
    IF FOUND THEN
        RETURN v_district;
    END IF;
    SELECT string_agg(format('"%s"', near.slug), ' or ' ORDER BY near.score DESC, near.slug) INTO v_like
    FROM (SELECT d.slug, rosterd.likeness(d.slug, p_slug) AS score FROM rosterd.district d
          ORDER BY score DESC, d.slug LIMIT 2) near
    WHERE near.score >= 0.6;
    RAISE EXCEPTION USING ERRCODE = 'RS008', MESSAGE = format('there is no district "%s"', p_slug),
        HINT = coalesce('Did you mean ' || v_like || '? ', '') || 'List them with: TABLE rosterd.districts;';
END
$function$;

COMMENT ON FUNCTION rosterd.find_district(text) IS 'The district of that slug; RS008, with the likeliest ones meant, if there is none.';
REVOKE ALL ON FUNCTION rosterd.find_district(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.find_district(text) TO rosterd_csm, rosterd_ops;
