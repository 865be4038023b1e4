-- What makes the rules run without a new file, and what of it waits for an answer already.
BEGIN;
SELECT plan(51);
\ir lib.sql
SELECT test.district('elm') AS elm \gset
SELECT test.district() AS oak \gset
CREATE FUNCTION test.today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (clock_timestamp() AT TIME ZONE 'America/New_York')::date $$;
INSERT INTO sis.judged (district_id, run_id, judged_on, settings_version, rules_version, file_sha256, token)
SELECT d.district_id, 1, test.today(), d.settings_version, sync.rules_version(), 'aa', gen_random_uuid() FROM rosterd.district d WHERE d.district_id = :oak;
-- The answer once that was done, which is then undone.
CREATE FUNCTION test.after(p_act text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE p_act;
    RAISE EXCEPTION USING MESSAGE = test.as_daemon(format('SELECT sync.outstanding(%s)', test.d()));
EXCEPTION WHEN raise_exception THEN
    RETURN SQLERRM;
END $$;

-- rule: UPD-6
SELECT is(test.after(act), 'false', what || ' is nothing to do') FROM (VALUES
    ('SELECT 1', 'as it was judged, it'),
    ('DELETE FROM sis.judged', 'before the first run all'),
    ('INSERT INTO sync.mark (district_id, kind, id) SELECT district_id, ''person'', 1 FROM rosterd.district WHERE slug = ''elm''', 'what was done in another district'),
    ('UPDATE rosterd.district SET merge_duplicate_guardians = true WHERE slug = ''elm''', 'what is set there'),
    ('UPDATE sis.judged SET judged_on = judged_on - 1', 'a new day alone'),
    ('INSERT INTO sis.judged (district_id, run_id, judged_on, settings_version, rules_version, token) SELECT district_id, 1, ''2020-01-01'', 0, 0, gen_random_uuid() FROM rosterd.district WHERE slug = ''elm''', 'what is left there')) AS x (act, what);
SELECT is(test.after(act), 'true', what || ' is') FROM (VALUES
    (format('INSERT INTO sync.mark (district_id, kind, id) VALUES (%s, ''person'', 1)', :oak), 'what was done by hand'),
    ('UPDATE rosterd.district SET merge_duplicate_guardians = true WHERE slug = ''oak''', 'a setting'),
    ('UPDATE sis.judged SET rules_version = rules_version - 1', 'a new rule')) AS x (act, what);

-- rule: IN-1
CREATE FUNCTION test.enrolled(p_judged integer, p_begin integer, p_end integer, p_district text DEFAULT 'oak') RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE sis.judged SET judged_on = test.today() + %s;
                   INSERT INTO sis.enrollment (district_id, sourced_id, class, person, role, begin_date, end_date, changed_by_run)
                   SELECT district_id, ''e'', ''c'', ''p'', ''student'', test.today() + %s, test.today() + %s, 1 FROM rosterd.district WHERE slug = %L',
                  p_judged, coalesce(p_begin::text, 'NULL::integer'), coalesce(p_end::text, 'NULL::integer'), p_district) $$;
SELECT is(test.after(test.enrolled(judged, days, NULL)), counts, format('judged %s days from now, one that begins in %s', judged, days))
FROM (VALUES (-1, 28, 'false'), (-1, 29, 'true'), (-1, 30, 'true'), (-1, 31, 'false'), (1, 29, 'false'), (1, 30, 'true'), (1, 31, 'true'), (1, 32, 'false'), (0, 30, 'false')) AS x (judged, days, counts);
SELECT is(test.after(test.enrolled(judged, NULL, days)), counts, format('judged %s days from now, one that ends in %s', judged, days))
FROM (VALUES (-1, -4, 'false'), (-1, -3, 'true'), (-1, 0, 'true'), (-1, 1, 'false'), (1, -3, 'false'), (1, -2, 'true'), (1, 1, 'true'), (1, 2, 'false'), (0, 0, 'false')) AS x (judged, days, counts);
SELECT is(test.after(test.enrolled(-1, begins, ends, 'elm')), 'false', 'nor one of another district') FROM (VALUES (30, NULL), (NULL, 0)) AS x (begins, ends);

-- rule: SAFE-4
-- Something was done by hand, and what the rules would make of it waits for an answer.
INSERT INTO sync.mark (district_id, kind, id, marked_at) VALUES (:oak, 'person', 1, now() - interval '5 days') RETURNING mark_id AS mark \gset
INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at) VALUES (:oak, 0, 'schedule', 'held', now()) RETURNING run_id AS run \gset
SAVEPOINT asked;
INSERT INTO rosterd.hold (run_id, district_id, withholds, since, shown, settings_version, rules_version, judged_on, marks)
SELECT :run, d.district_id, 'all', now(), '{}', d.settings_version, sync.rules_version(), test.today(), ARRAY[:mark] FROM rosterd.district d WHERE d.district_id = :oak;
SELECT is(test.after(act), 'false', what || ' it is not asked again') FROM (VALUES
    ('SELECT 1', 'while it waits'),
    ('UPDATE rosterd.hold SET decision = ''refused'', decided_by = ''x'', decided_at = now(), closed_at = now()', 'after it was refused'),
    (format('INSERT INTO sync.mark (district_id, kind, id) VALUES (%s, ''person'', 1)', :elm), 'whatever is done elsewhere')) AS x (act, what);
SELECT is(test.after('UPDATE rosterd.hold SET ' || change), 'true', 'but ' || what) FROM (VALUES
    ('closed_at = now()', 'once it was carried out'), ('file_sha256 = ''bb''', 'if a file was asked about'), ('settings_version = settings_version - 1', 'under other settings'),
    ('rules_version = rules_version - 1', 'under other rules'), ('judged_on = judged_on - 1', 'on another day'), ('marks = ''{}''', 'of what was done since'),
    (format('district_id = %s', :elm), 'if it is another''s')) AS x (change, what);
ROLLBACK TO asked;

-- A file waits, and the rules were held behind it today.
INSERT INTO rosterd.hold (run_id, district_id, file_sha256, withholds, since, shown, settings_version, rules_version, judged_on, marks) VALUES (:run, :oak, 'bb', 'all', now(), '{}', 0, 0, '2020-01-01', '{}');
INSERT INTO rosterd.run (district_id, epoch, cause, state, reason, settings_version, ended_at)
SELECT d.district_id, 0, 'schedule', 'held', 'plan.base_held', d.settings_version, now() FROM rosterd.district d WHERE d.district_id = :oak RETURNING run_id AS behind \gset
UPDATE rosterd.district SET time_zone = 'Pacific/Kiritimati' WHERE slug = 'elm';
SELECT is(test.after(act), 'false', what || ' they wait') FROM (VALUES
    ('SELECT 1', 'as long as it does,'),
    (format('INSERT INTO sync.mark (district_id, kind, id, marked_at) VALUES (%s, ''person'', 1, now() + interval ''1 day'')', :elm), 'whatever is done elsewhere')) AS x (act, what);
SELECT is(test.after(format(act, :run, :behind, :oak, :elm)), 'true', 'but not ' || what) FROM (VALUES
    ('UPDATE rosterd.hold SET closed_at = now()', 'once it is decided'),
    ('UPDATE rosterd.hold SET file_sha256 = NULL', 'behind what is no file'),
    ('UPDATE rosterd.hold SET district_id = %4$s', 'behind another''s file'),
    ('UPDATE rosterd.hold SET run_id = %2$s', 'behind one that came later'),
    ('UPDATE rosterd.run SET reason = ''plan.removals_over_limit'' WHERE run_id = %2$s', 'if they were held for something else'),
    ('UPDATE rosterd.run SET file_sha256 = ''cc'' WHERE run_id = %2$s', 'if that was a file'),
    ('UPDATE rosterd.run SET settings_version = settings_version - 1 WHERE run_id = %2$s', 'if it was under other settings'),
    ('UPDATE rosterd.run SET district_id = %4$s WHERE run_id = %2$s', 'if it was another''s'),
    ('UPDATE rosterd.run SET created_at = test.today()::timestamp AT TIME ZONE ''America/New_York'' - interval ''1 second'' WHERE run_id = %2$s', 'on the next day'),
    ('INSERT INTO sync.mark (district_id, kind, id, marked_at) VALUES (%3$s, ''person'', 1, clock_timestamp() + interval ''1 second'')', 'once more is done by hand')) AS x (act, what);
SELECT * FROM finish();
ROLLBACK;
