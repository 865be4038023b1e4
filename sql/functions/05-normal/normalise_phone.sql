-- A phone or SMS number given by hand, as E.164; NULL when it cannot be used. It takes less than the
-- worker (phone_normalise of lib/), which asks a library, and must give the same key for what both
-- take. Two forms:
--   in the regions of the North American plan its ten digits, with or without the 1
--   '+' and the digits of any country, where no digit can be one the library drops: what follows the
--   country's code does not begin with a 0 (but Italy's), and countries whose numbers may begin with
--   another trunk digit are held to one length or left to the library
CREATE OR REPLACE FUNCTION sync.normalise_phone(p_number text, p_region text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN v.raw ~ '^\+1?[0-9 ().-]+$' AND v.digits ~ '^1' OR v.raw ~ '^[0-9 ().-]+$' AND p_region IN ('US', 'CA', 'PR', 'VI', 'GU', 'AS', 'MP')
        THEN CASE WHEN v.digits ~ '^1?[2-9][0-9]{2}[2-9][0-9]{6}$' THEN '+1' || right(v.digits, 10) END
        WHEN v.raw ~ '^\+[2-9][0-9]{7,13}$'
        THEN CASE
            WHEN v.digits ~ '^7' THEN CASE WHEN v.digits ~ '^7[3-79][0-9]{9}$' THEN v.raw END
            WHEN v.digits ~ '^52' THEN CASE WHEN v.digits ~ '^52[2-9][0-9]{9}$' THEN v.raw END
            WHEN v.digits ~ '^86' THEN CASE WHEN v.digits ~ '^861[3-9][0-9]{9}$' THEN v.raw END
            WHEN v.digits ~ '^(54|370|375|976|993|998)' THEN NULL
            WHEN v.digits ~ '^39' THEN v.raw
            WHEN v.digits ~ '^(20|27|3[0-4]|36|4[013-9]|5[1356-8]|6[0-6]|8[1246]|9[0-58])' THEN CASE WHEN v.digits !~ '^..0' THEN v.raw END
            ELSE CASE WHEN v.digits !~ '^...0' THEN v.raw END
        END
    END COLLATE "C"
      FROM (SELECT n.raw, regexp_replace(n.raw, '[^0-9]', '', 'g') AS digits
              FROM (SELECT sync.normalise_name(p_number) AS raw) AS n) AS v
$$;
COMMENT ON FUNCTION sync.normalise_phone(text, text) IS
    'Phone or SMS number given by hand to E.164, NULL if unusable (CRED-3, RS009): a plain North American number, or + and the digits of another country.';
REVOKE ALL ON FUNCTION sync.normalise_phone(text, text) FROM PUBLIC;
