-- A phone or SMS number given by hand, as E.164; NULL when it cannot be used. Two forms are taken:
-- '+' and the digits of any country, and in the regions of the North American plan its ten digits
-- with or without the 1. Everything else needs the worker's library. Numbers of the plan are held
-- to its form (area code and exchange begin with 2 to 9), as the worker does.
CREATE OR REPLACE FUNCTION sync.normalise_phone(p_number text, p_region text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN v.raw !~ '^\+?[0-9 ().-]+$' THEN NULL
        WHEN v.raw ~ '^\+' AND v.digits ~ '^1' THEN CASE WHEN v.digits ~ '^1[2-9][0-9]{2}[2-9][0-9]{6}$' THEN '+' || v.digits END
        WHEN v.raw ~ '^\+' THEN CASE WHEN v.digits ~ '^[2-9][0-9]{7,14}$' THEN '+' || v.digits END
        WHEN p_region NOT IN ('US', 'CA', 'PR', 'VI', 'GU', 'AS', 'MP') THEN NULL
        WHEN v.digits ~ '^1?[2-9][0-9]{2}[2-9][0-9]{6}$' THEN '+1' || right(v.digits, 10)
    END COLLATE "C"
      FROM (SELECT n.raw, regexp_replace(n.raw, '[^0-9]', '', 'g') AS digits
              FROM (SELECT sync.normalise_name(p_number) AS raw) AS n) AS v
$$;
COMMENT ON FUNCTION sync.normalise_phone(text, text) IS
    'Phone or SMS number given by hand to E.164, NULL if unusable (CRED-3, RS009): + and digits, or a plain North American number.';
REVOKE ALL ON FUNCTION sync.normalise_phone(text, text) FROM PUBLIC;
