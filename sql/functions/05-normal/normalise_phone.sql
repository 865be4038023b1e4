-- A phone or SMS number given by hand, as E.164; NULL when it cannot be used. It takes less than the
-- worker (phone_normalise of lib/), which asks a library: numbers that the library takes too, in two
-- forms, and with the same key. Whatever else it might understand is refused.
--   in the regions of the North American plan ten digits, with or without the 1
--   '+' and the digits of a number of any country
CREATE OR REPLACE FUNCTION sync.normalise_phone(p_number text, p_region text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN octet_length(p_number) <= 256 AND octet_length(v.raw) <= 64 AND sync.is_phone_number(v.e164) THEN v.e164 END COLLATE "C"
      FROM (SELECT n.raw,
                   CASE WHEN n.raw ~ '^\+[2-9][0-9]{6,14}$' THEN n.raw
                        WHEN n.raw ~ '^(\+1)?[0-9 ().-]+$' AND n.digits ~ '^1?[2-9][0-9]{9}$'
                             AND (n.raw ~ '^\+1' OR p_region IN ('US', 'CA', 'PR', 'VI', 'GU', 'AS', 'MP'))
                        THEN '+1' || right(n.digits, 10) END AS e164
              FROM (SELECT sync.normalise_name(p_number) AS raw,
                           regexp_replace(sync.normalise_name(p_number), '[^0-9]', '', 'g') AS digits) AS n) AS v
$$;
COMMENT ON FUNCTION sync.normalise_phone(text, text) IS
    'Phone or SMS number given by hand to E.164, NULL if unusable (CRED-3, RS009): a plain North American number, or + and the digits of a number of another country.';
REVOKE ALL ON FUNCTION sync.normalise_phone(text, text) FROM PUBLIC;
