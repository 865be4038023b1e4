-- A name as it is stored: control characters and every kind of blank are a space, invisible
-- characters (Unicode's Cf: zero width, direction marks, soft hyphen, byte order mark) are dropped,
-- NFC, no spaces at either end. Runs of spaces inside stay: two names are identical only if these
-- are equal too. text_clean of lib/ does the same to a file.
CREATE OR REPLACE FUNCTION sync.normalise_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT btrim(CASE WHEN p_name ~ '^[ -~]*$' THEN p_name
                 ELSE normalize(
                      regexp_replace(
                      regexp_replace(p_name,
                          '[\u00AD\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0001\U000E0020-\U000E007F]', '', 'g'),
                          '[\u0001-\u001F\u007F-\u009F\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]', ' ', 'g'),
                      NFC) END)
$$;
COMMENT ON FUNCTION sync.normalise_name(text) IS 'NFC, trimmed, no invisible characters: what "identical name" compares (CLS-2, GRD-2).';
REVOKE ALL ON FUNCTION sync.normalise_name(text) FROM PUBLIC;
