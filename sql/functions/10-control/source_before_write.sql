CREATE OR REPLACE FUNCTION rosterd.source_before_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_message text;
    v_hint text;
BEGIN
    IF to_jsonb(NEW) = to_jsonb(OLD) THEN
        RETURN NULL;
    END IF;

    IF NEW.credential !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' THEN
        v_message := 'credential is a name, not the secret itself';
        v_hint := 'Put the key or password into the credentials folder as NAME.key or NAME.password and write NAME here; letters, digits, dots, hyphens.';
    ELSIF array_to_string(NEW.host_keys, ' ', '?') !~ '^(SHA256:[A-Za-z0-9+/]{43}( |$))*$' THEN
        v_message := 'host_keys holds something that is no SHA256 fingerprint';
        v_hint := 'See what the server offers with: rosterctl hostkey SLUG. A fingerprint is "SHA256:" and 43 characters, without "=".';
    ELSIF NEW.poll_every NOT BETWEEN interval '1 second' AND interval '1 day' THEN
        v_message := format('poll_every must be 1 second to 1 day, not %s', NEW.poll_every);
        v_hint := 'Write it with its unit: poll_every = ''15 minutes''.';
    ELSIF NEW.host ~ '[[:space:]/@]' THEN
        v_message := format('%L is no host name', NEW.host);
        v_hint := 'Only the name or address: sftp.example.org. The user, port and path have columns of their own.';
    ELSIF NEW.pattern ~ '/' OR NEW.pattern = '' THEN
        v_message := format('no file has a name like %L', NEW.pattern);
        v_hint := 'pattern is of names within the folder, e.g. ''*.zip''; the folder itself is path.';
    ELSIF NEW.port NOT BETWEEN 1 AND 65535 THEN
        v_message := format('port must be 1 to 65535, not %s', NEW.port);
        v_hint := 'SFTP servers listen on 22 unless the district said otherwise.';
    ELSIF NOT rosterd.is_one_of(NEW.ready, 'two-polls', 'marker') THEN
        v_message := format('ready must be ''two-polls'' or ''marker'', not %s', coalesce(quote_literal(NEW.ready), 'NULL'));
        v_hint := 'two-polls: a file is complete when two polls see it unchanged. marker: when NAME.done lies beside it.';
    ELSIF NOT rosterd.is_one_of(NEW.after, 'leave', 'move', 'delete') THEN
        v_message := format('after must be ''leave'', ''move'' or ''delete'', not %s', coalesce(quote_literal(NEW.after), 'NULL'));
        v_hint := 'What happens to the district''s file once it has been applied.';
    END IF;
    IF v_message IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = v_message, HINT = v_hint;
    END IF;

    NEW.version := CASE WHEN TG_OP = 'UPDATE' THEN OLD.version + 1 ELSE 1 END;
    NEW.changed_at := clock_timestamp();
    NEW.changed_by := rosterd.who();
    RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER source_before_write BEFORE INSERT OR UPDATE ON rosterd.source
    FOR EACH ROW EXECUTE FUNCTION rosterd.source_before_write();

COMMENT ON FUNCTION rosterd.source_before_write() IS
    'Refuses what cannot be meant, counts the version, notes who and when; an UPDATE that changes nothing writes nothing.';
REVOKE ALL ON FUNCTION rosterd.source_before_write() FROM PUBLIC;
