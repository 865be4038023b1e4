-- Contact details as a person typed them, made credentials. A detail left out (NULL) has no row, one
-- given as nothing has an empty value. A number that is both SMS and phone is one credential, of
-- kind sms. Where phones are no credentials, a phone beside something else is passed over.
CREATE OR REPLACE FUNCTION api.contacts_given(p_settings rosterd.district, p_email text, p_sms text, p_phone text)
RETURNS TABLE (kind text, value text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_email text := sync.normalise_name(p_email);
    v_sms text := sync.normalise_name(p_sms);
    v_phone text := sync.normalise_name(p_phone);
BEGIN
    IF v_phone <> '' AND NOT p_settings.phone_is_credential THEN
        IF coalesce(v_email, '') = '' AND coalesce(v_sms, '') = '' THEN
            RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = 'a phone is no credential in this district',
                HINT = 'Give an e-mail or an SMS number; or set phone_is_credential of the district.';
        END IF;
        v_phone := NULL;
    END IF;
    v_email := CASE WHEN v_email <> '' THEN coalesce(sync.normalise_email(v_email), '?') ELSE v_email END;
    v_sms := CASE WHEN v_sms <> '' THEN coalesce(sync.normalise_phone(v_sms, p_settings.phone_region), '?') ELSE v_sms END;
    v_phone := CASE WHEN v_phone <> '' THEN coalesce(sync.normalise_phone(v_phone, p_settings.phone_region), '?') ELSE v_phone END;
    IF v_email = '?' THEN
        RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = 'this e-mail cannot be used',
            HINT = 'It has the form name@example.org, in plain ASCII letters. An international domain can only come from the SIS.';
    END IF;
    IF '?' IN (v_sms, v_phone) THEN
        RAISE EXCEPTION USING ERRCODE = 'RS009', MESSAGE = 'this number cannot be used',
            HINT = 'Give it with its country, like +442079460958, or in North America as ten digits.';
    END IF;
    RETURN QUERY
    SELECT c.kind, c.value
      FROM (VALUES ('email', v_email), ('sms', v_sms), ('phone', CASE WHEN v_phone = v_sms THEN '' ELSE v_phone END)) AS c (kind, value)
     WHERE c.value IS NOT NULL;
END
$$;
COMMENT ON FUNCTION api.contacts_given(rosterd.district, text, text, text) IS
    'Contacts given by hand as credentials: one row a kind that was given, value empty where it is to be cleared; RS009 (CRED-3).';
REVOKE ALL ON FUNCTION api.contacts_given(rosterd.district, text, text, text) FROM PUBLIC;
