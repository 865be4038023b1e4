-- The CSMs' table: what a change does, and what the mistakes people make are answered with.
BEGIN;
SELECT plan(114);
\ir lib.sql
CREATE ROLE amy LOGIN IN ROLE rosterd_csm;
CREATE FUNCTION test.as(p_role text, p_query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_me text := session_user;
    v_answer text;
BEGIN
    PERFORM set_config('session_authorization', p_role, true);
    IF p_query ~* '^\s*(SELECT|TABLE)' THEN
        EXECUTE p_query INTO v_answer;
    ELSE
        EXECUTE p_query;
    END IF;
    PERFORM set_config('session_authorization', v_me, true);
    RETURN v_answer;
END $$;
-- What a statement is answered with: "message / hint".
CREATE FUNCTION test.answer(p_query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_message text;
    v_hint text;
BEGIN
    PERFORM test.as('amy', p_query);
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_message = MESSAGE_TEXT, v_hint = PG_EXCEPTION_HINT;
    RETURN v_message || ' / ' || v_hint;
END $$;
CREATE FUNCTION test.district_row() RETURNS rosterd.district LANGUAGE sql AS $$ SELECT * FROM rosterd.district WHERE district_id = test.d() $$;
CREATE FUNCTION test.counted() RETURNS text LANGUAGE sql AS $$ SELECT version || ' ' || settings_version FROM test.district_row() $$;

SELECT isnt(rosterd.onboard('oak', 'Oak Valley', 'sftp.example.org', NULL, 'vendor', NULL, 'oak-key'), NULL, 'a district is onboarded');
INSERT INTO test.now_at SELECT district_id FROM rosterd.district WHERE slug = 'oak';
SELECT is((SELECT (sync_enabled, preview_only, abandonment, on_limit, time_zone)::text FROM test.district_row()),
    '(f,f,soft,hold-removals,America/New_York)', 'switched off, with the careful settings');
SELECT is((SELECT (kind, host, port, username, path, pattern, host_keys, credential, poll_every, ready, after)::text FROM rosterd.source WHERE district_id = test.d()),
    '(sftp,sftp.example.org,22,vendor,.,*.zip,{},oak-key,00:15:00,two-polls,leave)', 'with its source, and no host key trusted');
SELECT is((SELECT count(*) FROM rosterd.lease WHERE district_id = test.d() AND daemon_id IS NULL), 1::bigint, 'for any daemon to take');
SELECT throws_ok($$ SELECT rosterd.onboard('oak', 'Oak', 'h', 22, 'u', '/', 'k') $$, '23505', 'there is a district "oak" already', 'a slug is there once');
SELECT throws_ok($$ SELECT rosterd.onboard('Oak USD', 'Oak', 'h', 22, 'u', '/', 'k') $$, '23514', '''Oak USD'' cannot be a slug', 'a slug is made of lower-case words');
SELECT throws_ok($$ SELECT rosterd.onboard(NULL, 'Oak', 'h', 22, 'u', '/', 'k') $$, '23514', 'NULL cannot be a slug', 'and is there');
SELECT throws_ok($$ SELECT rosterd.onboard('elm', 'Elm', 'h', 22, 'u', '/', 'hunter 2!') $$, '23514', 'credential is a name, not the secret itself', 'a secret is not taken for a name');
SELECT is((SELECT count(*) FROM rosterd.district WHERE slug = 'elm'), 0::bigint, 'and half a district is not left behind');

-- versions, who and when
UPDATE rosterd.district SET seen_version = version WHERE district_id = test.d();
SELECT is(test.counted(), '2 1', 'the row and its source are two changes');
SELECT test.as('amy', $$ UPDATE rosterd.district SET note = 'new superintendent' WHERE slug = 'oak' $$);
SELECT is(test.counted(), '3 1', 'a note is a change, but none of the rules');
SELECT is((SELECT changed_by FROM test.district_row()), 'amy', 'the row says who');
SELECT test.as('amy', $$ UPDATE rosterd.district SET paused_until = now() + interval '1 day', pause_reason = 'holidays' WHERE slug = 'oak' $$);
SELECT is(test.counted(), '4 1', 'nor is a pause');
SELECT test.as('amy', $$ UPDATE rosterd.district SET paused_until = NULL WHERE slug = 'oak' $$);
SELECT is((SELECT pause_reason FROM test.district_row()), NULL, 'no pause, no reason for one');
SELECT test.as('amy', $$ UPDATE rosterd.district SET abandonment = 'extreme' WHERE slug = 'oak' $$);
SELECT is(test.counted(), '6 2', 'a setting of the rules makes them run again');
SELECT test.as('amy', $$ UPDATE rosterd.district SET sync_enabled = true WHERE slug = 'oak' $$);
SELECT is(test.counted(), '7 3', 'so does switching on');
SELECT test.as('amy', $$ UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'oak' $$);
SELECT is(test.counted(), '8 3', 'switching off does not');
SELECT is((SELECT count(*) FROM rosterd.config_change WHERE district_id = test.d() AND relation = 'district'), 7::bigint, 'each change is in the audit');
SELECT is((SELECT changed_by || ' ' || changes::text FROM rosterd.config_change WHERE district_id = test.d() ORDER BY change_id DESC LIMIT 1),
    'amy {"sync_enabled": [true, false]}', 'column by column, with who did it');
SELECT is((SELECT changes -> 'host' ->> 1 FROM rosterd.config_change WHERE district_id = test.d() AND relation = 'source'), 'sftp.example.org',
    'and changes of the source too');
CREATE TEMP TABLE was AS SELECT d.ctid::text AS place FROM rosterd.district d WHERE d.slug = 'oak';
SELECT test.as('amy', $$ UPDATE rosterd.district SET sync_enabled = false, note = 'new superintendent' WHERE slug = 'oak' $$);
SELECT is((SELECT d.ctid::text FROM rosterd.district d WHERE d.slug = 'oak'), (SELECT w.place FROM was w),
    'an UPDATE that changes nothing writes nothing');
SELECT is((SELECT count(*) FROM rosterd.config_change WHERE district_id = test.d() AND relation = 'district'), 7::bigint, 'not to the audit either');
UPDATE rosterd.source SET poll_every = '5 minutes' WHERE district_id = test.d();
SELECT is(test.counted(), '9 3', 'a changed source is a change of the district for rosterd');
SELECT is((SELECT version FROM rosterd.source WHERE district_id = test.d()), 2::bigint, 'with a version of its own');
SELECT is((SELECT changed_by FROM test.district_row()), 'amy', 'and leaves alone who changed the settings last');
UPDATE rosterd.source SET poll_every = '300 seconds' WHERE district_id = test.d();
SELECT is((SELECT version FROM rosterd.source WHERE district_id = test.d()), 2::bigint, 'the same source again is no change');
SELECT set_config('rosterd.changed_by', 'somebody else', true);
SELECT test.as('amy', $$ UPDATE rosterd.district SET note = 'forged?' WHERE slug = 'oak' $$);
SELECT is((SELECT changed_by FROM test.district_row()), 'amy', 'nobody signs for somebody else');

-- mistakes
SELECT is(test.answer($$ UPDATE rosterd.district SET paused_until = '2020-01-01 00:00+00', pause_reason = 'summer' WHERE slug = 'oak' $$),
    format('paused_until is in the past (%s) / Give a time to come, e.g. paused_until = %L, or NULL to go on now.', '2020-01-01 00:00+00'::timestamptz, (now() + interval '14 days')::date),
    'a pause into the past');
SELECT alike(test.answer($$ UPDATE rosterd.district SET paused_until = now() + interval '1 day' WHERE slug = 'oak' $$), 'a pause needs a pause_reason / Say why in the same UPDATE%', 'a pause without a reason');
SELECT alike(test.answer($$ UPDATE rosterd.district SET paused_until = now() + interval '1 day', pause_reason = '  ' WHERE slug = 'oak' $$), 'a pause needs a pause_reason%', 'blanks are no reason');
SELECT alike(test.answer($$ UPDATE rosterd.district SET time_zone = 'America/NewYork' WHERE slug = 'oak' $$), 'there is no time zone ''America/NewYork'' / Did you mean ''America/New\_York''%', 'a time zone that is not there');
SELECT alike(test.answer($$ UPDATE rosterd.district SET time_zone = 'America/New_York5' WHERE slug = 'oak' $$), 'there is no time zone%', 'one that only looks like one');
SELECT unalike(test.answer($$ UPDATE rosterd.district SET time_zone = 'US/Easterm' WHERE slug = 'oak' $$), '%US/Eastern%', 'old names are not offered');
SELECT alike(test.answer($$ UPDATE rosterd.district SET time_zone = 'America/Chicagoo' WHERE slug = 'oak' $$), 'there is no time zone ''America/Chicagoo'' / Did you mean ''America/Chicago''%', 'but the likeliest');
SELECT alike(test.answer($$ UPDATE rosterd.district SET time_zone = NULL WHERE slug = 'oak' $$), 'there is no time zone NULL%', 'none at all');
SELECT is(test.answer($$ UPDATE rosterd.district SET time_zone = 'America/Los_Angeles' WHERE slug = 'oak' $$), 'done', 'one that is there');
SELECT is(test.answer($$ UPDATE rosterd.district SET phone_region = 'us' WHERE slug = 'oak' $$), 'there is no phone region ''us'' / Write it in capitals: ''US''.', 'a region in small letters');
SELECT alike(test.answer($$ UPDATE rosterd.district SET phone_region = 'UK' WHERE slug = 'oak' $$), 'there is no phone region ''UK'' / It is a country''s two letters%', 'a region that is none');
SELECT alike(test.answer($$ UPDATE rosterd.district SET phone_region = 'USA' WHERE slug = 'oak' $$), 'there is no phone region ''USA''%', 'three letters');
SELECT alike(test.answer($$ UPDATE rosterd.district SET phone_region = NULL WHERE slug = 'oak' $$), 'there is no phone region NULL%', 'none');
SET LOCAL session_replication_role = replica;
UPDATE rosterd.district SET phone_region = 'UK', time_zone = 'America/NewYork', paused_until = now() - interval '1 day', pause_reason = 'x' WHERE slug = 'oak';
SET LOCAL session_replication_role = origin;
SELECT is(test.answer($$ UPDATE rosterd.district SET change_limit_percent = 26 WHERE slug = 'oak' $$), 'done', 'what was right when it was set, and is not any more, is in nobody''s way');
SET LOCAL session_replication_role = replica;
UPDATE rosterd.district SET phone_region = 'US', time_zone = 'America/Los_Angeles', paused_until = NULL, pause_reason = NULL, change_limit_percent = 25 WHERE slug = 'oak';
SET LOCAL session_replication_role = origin;
SELECT alike(test.answer($$ UPDATE rosterd.district SET removal_limit_percent = 101 WHERE slug = 'oak' $$), 'removal\_limit\_percent must be 0 to 100, not 101.00 / It is a percentage%', 'over all');
SELECT is(test.answer($$ UPDATE rosterd.district SET removal_limit_percent = 100 WHERE slug = 'oak' $$), 'done', 'all is possible');
SELECT is(test.answer(format('UPDATE rosterd.district SET %s WHERE slug = ''oak''', s)), 'done', s || ' is possible')
FROM unnest('{removal_limit_percent = 0,removal_limit_min = 0,change_limit_percent = 0,change_limit_percent = 1000}'::text[]) s;
SELECT alike(test.answer($$ UPDATE rosterd.district SET removal_limit_percent = -1 WHERE slug = 'oak' $$), 'removal\_limit\_percent must be 0 to 100, not -1.00%', 'less than none');
SELECT alike(test.answer($$ UPDATE rosterd.district SET removal_limit_min = -1 WHERE slug = 'oak' $$), 'removal\_limit\_min must be 0 or more, not -1%', 'a negative number of people');
SELECT alike(test.answer($$ UPDATE rosterd.district SET change_limit_percent = 1000.01 WHERE slug = 'oak' $$), 'change\_limit\_percent must be 0 to 1000, not 1000.01%', 'more than tenfold');
SELECT alike(test.answer(format('UPDATE rosterd.district SET %s = NULL WHERE slug = ''oak''', c)), c || ' must be %, not NULL%', c || ': none at all')
FROM unnest('{removal_limit_percent,removal_limit_min,change_limit_percent}'::text[]) c;
SELECT alike(test.answer(format('UPDATE rosterd.district SET %I = %L WHERE slug = ''oak''', c, v)), format('%s must be %%, not %s / %s%%', c, coalesce(quote_literal(v), 'NULL'), first), c || ' is not ' || coalesce(v, 'NULL'))
FROM (VALUES ('abandonment', 'soft'), ('abandoned_classrooms', 'archive'), ('on_limit', 'hold-removals'), ('file_encoding', 'utf-8'), ('file_reading', 'lenient')) AS x (c, first), unnest('{half,NULL}'::text[]) v;
SELECT alike(test.answer(format('UPDATE rosterd.district SET bad_rows_limit_percent = %s WHERE slug = ''oak''', v)), 'bad\_rows\_limit\_percent must be 0 to 100, not ' || v || ' / It is a percentage%', 'bad rows: not ' || v)
FROM unnest('{101.00,-1.00,"NULL"}'::text[]) v;
SELECT is(test.answer(format('UPDATE rosterd.district SET bad_rows_limit_percent = %s WHERE slug = ''oak''', v)), 'done', 'bad rows: ' || v) FROM unnest('{0,100,1}'::text[]) v;
CREATE FUNCTION test.settings() RETURNS bigint LANGUAGE sql AS $$ SELECT settings_version FROM rosterd.district WHERE slug = 'oak' $$;
SELECT test.settings() AS before \gset
UPDATE rosterd.district SET use_preferred_names = true WHERE slug = 'oak';
UPDATE rosterd.district SET file_encoding = 'windows-1252' WHERE slug = 'oak';
UPDATE rosterd.district SET file_reading = 'strict' WHERE slug = 'oak';
SELECT is(test.settings() - :before, 3::bigint, 'each counts as a setting of the rules');
SELECT is((SELECT sync.reading(d) FROM rosterd.district d WHERE slug = 'oak'), sync.reader_version() || ' US windows-1252 strict preferred-names', 'and says how files are read');
SELECT throws_ok($$ UPDATE rosterd.source SET host_keys = '{MD5:aa}' WHERE district_id = test.d() $$, '23514', 'host_keys holds something that is no SHA256 fingerprint', 'an old fingerprint');
SELECT throws_ok($$ UPDATE rosterd.source SET host = 'sftp://x/' WHERE district_id = test.d() $$, '23514', '''sftp://x/'' is no host name', 'an address for a name');
SELECT throws_ok($$ UPDATE rosterd.source SET pattern = 'outgoing/*.zip' WHERE district_id = test.d() $$, '23514', 'no file has a name like ''outgoing/*.zip''', 'a folder in the pattern');
SELECT throws_ok($$ UPDATE rosterd.source SET pattern = '' WHERE district_id = test.d() $$, '23514', 'no file has a name like ''''', 'no pattern');
SELECT throws_ok($$ UPDATE rosterd.source SET poll_every = '0' WHERE district_id = test.d() $$, '23514', 'poll_every must be 1 second to 1 day, not 00:00:00', 'an interval of nothing');
SELECT throws_ok(format('UPDATE rosterd.source SET port = %s WHERE district_id = test.d()', p), '23514', 'port must be 1 to 65535, not ' || p, 'port ' || p) FROM unnest('{0,65536}'::integer[]) p;
SELECT lives_ok(format('UPDATE rosterd.source SET port = %s WHERE district_id = test.d()', p), 'port ' || p) FROM unnest('{1,65535}'::integer[]) p;
SELECT throws_ok(format('UPDATE rosterd.source SET %s = %L WHERE district_id = test.d()', c, v), '23514', format('%s must be %s, not %s', c, known, coalesce(quote_literal(v), 'NULL')), format('%s: nobody can %s', c, coalesce(v, 'nothing')))
FROM (VALUES ('ready', '''two-polls'' or ''marker'''), ('after', '''leave'', ''move'' or ''delete''')) AS x (c, known), unnest('{burn,NULL}'::text[]) v;

-- the forgotten WHERE
SELECT rosterd.onboard(s, initcap(s), 'h', 22, 'u', '/', s) FROM unnest('{springfield-usd,elm,ash}'::text[]) s;
SELECT alike(test.answer($$ UPDATE rosterd.district SET sync_enabled = true WHERE district_id >= test.d() $$),
    'this statement would switch or pause 4 districts at once; nothing was changed / Did the WHERE go missing?%', 'four at once are refused');
SELECT is((SELECT count(*) FROM rosterd.district WHERE district_id >= test.d() AND sync_enabled), 0::bigint, 'and nothing was changed');
SELECT is(test.answer($$ UPDATE rosterd.district SET sync_enabled = true WHERE slug IN ('oak', 'elm', 'ash') $$), 'done', 'three are not');
SELECT is(test.answer($$ UPDATE rosterd.district SET note = 'new' WHERE district_id >= test.d() $$), 'done', 'nor what switches none');
SELECT set_config('rosterd.allow_bulk', 'on', true);
SELECT is(test.answer($$ UPDATE rosterd.district SET sync_enabled = NOT sync_enabled WHERE district_id >= test.d() $$), 'done', 'nor four that are meant');

-- set_sync
SELECT is(test.as('amy', $$ SELECT rosterd.set_sync('springfield-usd', false, 'asked by the district') $$), 'Springfield-Usd is now off', 'set_sync says what it did');
SELECT is((SELECT note FROM rosterd.district WHERE slug = 'springfield-usd'), 'asked by the district', 'with a note');
SELECT is(test.as('amy', $$ SELECT rosterd.set_sync('springfield-usd', false) $$), 'Springfield-Usd is still off', 'and what it did not');
SELECT is((SELECT note FROM rosterd.district WHERE slug = 'springfield-usd'), 'asked by the district', 'the note stays');
SELECT test.as('amy', $$ SELECT rosterd.set_sync('springfield-usd', false, 'holidays') $$);
SELECT is((SELECT note FROM rosterd.district WHERE slug = 'springfield-usd'), 'holidays', 'until there is another');
SELECT is(test.answer($$ SELECT rosterd.set_sync('springfield-usd', NULL) $$), 'say whether the sync is to be on or off / SELECT rosterd.set_sync(''springfield-usd'', true); or false.', 'on or off');
SELECT is(test.as('amy', $$ SELECT rosterd.set_sync('springfield-usd', true) $$), 'Springfield-Usd is now on; no rosterd is running for it yet', 'and what is missing');
SELECT is(test.answer($$ SELECT rosterd.set_sync('springfeild-usd', false) $$),
    'there is no district "springfeild-usd" / Did you mean "springfield-usd"? List them with: TABLE rosterd.districts;', 'did you mean');
SELECT is(test.answer($$ SELECT rosterd.set_sync('osh', false) $$), 'there is no district "osh" / Did you mean "ash"? List them with: TABLE rosterd.districts;', 'the likeliest first')
FROM (SELECT rosterd.onboard('osha-north', 'x', 'h', 22, 'u', '/', 'k')) AS another;
SELECT alike(test.answer($$ SELECT rosterd.set_sync('west', false) $$), '%Did you mean "east"?%', 'just alike enough')
FROM (SELECT rosterd.onboard('east', 'x', 'h', 22, 'u', '/', 'k')) AS another;

SELECT is(test.as('amy', $$ SELECT rosterd.pause('elm', '2099-08-01 12:00+00', 'summer') $$),
    'Elm is paused until ' || to_char('2099-08-01 12:00+00'::timestamptz, 'YYYY-MM-DD HH24:MI TZ'), 'a pause by its function')
FROM (SELECT test.as('amy', $$ SELECT rosterd.set_sync('elm', true) $$)) AS on_first;
SELECT is((SELECT string_agg(slug, ' ') FROM rosterd.district WHERE paused_until IS NOT NULL), 'elm', 'of that district alone');
UPDATE rosterd.district SET paused_until = '2099-08-01', pause_reason = 'summer' WHERE slug = 'oak';
SELECT is(test.as('amy', $$ SELECT rosterd.resume('elm') $$), 'Elm is on', 'and its end');
SELECT is((SELECT string_agg(slug, ' ') FROM rosterd.district WHERE paused_until IS NOT NULL), 'oak', 'of that one alone, too');
SELECT is(test.as('amy', $$ SELECT rosterd.pause('ash', '2099-08-01', 'summer') $$), 'Ash is off anyway', 'of one that is off')
FROM (SELECT test.as('amy', $$ SELECT rosterd.set_sync('ash', false) $$)) AS off_first;
SELECT alike(test.answer($$ SELECT rosterd.pause('elm', NULL, 'summer') $$), 'say until when / SELECT rosterd.pause(''elm''%', 'without an end');
SELECT alike(test.answer($$ SELECT rosterd.pause('elm', '2099-08-01', NULL) $$), 'a pause needs a pause_reason%', 'without a reason');
SELECT alike(test.answer($$ SELECT rosterd.resume('elmm') $$), 'there is no district "elmm" / Did you mean "elm"?%', 'of a district that is not there');

SELECT rosterd.onboard('fir', 'Fir', 'h', 2222, 'u', '/out', 'k');
SELECT is((SELECT port || path FROM rosterd.source JOIN rosterd.district USING (district_id) WHERE slug = 'fir'), '2222/out', 'at the port and path that are said');

-- what goes is in the audit too
SELECT district_id AS fir FROM rosterd.district WHERE slug = 'fir' \gset
SELECT string_agg(d.slug || d.version, ' ' ORDER BY d.slug) AS others FROM rosterd.district d WHERE d.slug <> 'fir' \gset
SELECT is((SELECT changes ?& '{slug,name,sync_enabled}' AND NOT changes ?| '{district_id,version}' FROM rosterd.config_change WHERE district_id = :fir AND relation = 'district'), true, 'a new row is a change of all that is set');
DELETE FROM rosterd.source WHERE district_id = :fir;
SELECT is((SELECT changes -> 'port' FROM rosterd.config_change WHERE district_id = :fir ORDER BY change_id DESC LIMIT 1), '[2222, null]', 'a source that goes');
SELECT is((SELECT version FROM rosterd.district WHERE slug = 'fir'), 3::bigint, 'is a change of its district');
SELECT is((SELECT string_agg(d.slug || d.version, ' ' ORDER BY d.slug) FROM rosterd.district d WHERE d.slug <> 'fir'), :'others', 'and of no other');
DELETE FROM rosterd.lease WHERE district_id = :fir;
DELETE FROM rosterd.expected WHERE district_id = :fir;
SELECT lives_ok(format('DELETE FROM rosterd.district WHERE district_id = %s', :fir), 'so may a district without a past');
SELECT is((SELECT changes -> 'slug' FROM rosterd.config_change WHERE district_id = :fir ORDER BY change_id DESC LIMIT 1), '["fir", null]', 'which is the last that is known of it');
SELECT * FROM finish();
ROLLBACK;
