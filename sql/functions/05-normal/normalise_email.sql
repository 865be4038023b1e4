-- An e-mail given by hand, as the key it is stored by; NULL when it cannot be used. It takes less than
-- the worker (email_normalise of lib/), which knows IDNA, and must give the same key for what both
-- take: so only ASCII, where lower case has one meaning.
CREATE OR REPLACE FUNCTION sync.normalise_email(p_email text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN octet_length(p_email) <= 1016 AND length(v.email) <= 254
                 AND v.email ~ '^[a-z0-9!#$%&''*+/=?^_`{|}~.-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'
                 AND v.email !~ '^\.|\.\.|\.@'
                 -- 10.0.0.1 is no domain; a label of IDNA's form only the library can judge
                 AND v.email ~ '\.[a-z0-9-]*[a-z][a-z0-9-]*$' AND v.email !~ '[@.]..--'
                THEN v.email END COLLATE "C"
      FROM (SELECT lower(sync.normalise_name(p_email) COLLATE "C") AS email) AS v
$$;
COMMENT ON FUNCTION sync.normalise_email(text) IS
    'E-mail given by hand to its key, NULL if unusable (CRED-3, RS009). ASCII only: a subset of what the worker takes, with the same keys.';
REVOKE ALL ON FUNCTION sync.normalise_email(text) FROM PUBLIC;
