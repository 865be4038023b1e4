-- From when on a district's next file is late: half as long again after what is usual for it.
BEGIN;
SELECT plan(19);
\ir lib.sql
SELECT test.district();
CREATE FUNCTION test.came(p_ago interval, p_file text, p_cause text DEFAULT 'schedule') RETURNS void LANGUAGE sql AS $$
    INSERT INTO rosterd.run (district_id, epoch, cause, state, file_name, file_mtime, file_sha256, created_at, ended_at)
    VALUES (test.d(), 0, p_cause, 'done', p_file, 1, p_file, now() - p_ago, now() - p_ago) $$;
CREATE FUNCTION test.late_after() RETURNS interval LANGUAGE sql AS $$
    SELECT sync.expect_file(test.d());
    SELECT e.late_at - e.last_file_at FROM rosterd.expected e WHERE e.district_id = test.d() $$;
CREATE FUNCTION test.anew() RETURNS void LANGUAGE sql AS $$ DELETE FROM rosterd.run WHERE district_id = test.d() $$;
CREATE FUNCTION test.days_left() RETURNS numeric LANGUAGE sql AS
    $$ SELECT round(extract(epoch FROM late_at - now()) / 86400, 1) FROM rosterd.expected WHERE district_id = test.d() $$;

SELECT is((SELECT last_file_at FROM rosterd.expected WHERE district_id = test.d()), NULL, 'none has come yet');
SELECT is(test.days_left(), 4.0, 'which is late four days after it was switched on');
SELECT sync.expect_file(test.d());
SELECT is(test.days_left(), 4.0, 'and no later while none comes');
SELECT test.came('1 day', 'only');
SELECT is(test.late_after(), '4 days', 'of one file nothing is known');
SELECT is((SELECT last_file_at FROM rosterd.expected WHERE district_id = test.d()), now() - interval '1 day', 'but when it came');

SELECT test.anew();
SELECT count(test.came(make_interval(days => n), 'night-' || n)) FROM generate_series(0, 9) n;
SELECT is(test.late_after(), '2 days', 'nightly: one missed night is no alarm');
SELECT test.came('3 hours', 'night-0', 'retry'), test.came('1 hour', 'approved', 'approval'), test.came('-1 hours', 'night-0', 'retry');
SELECT is(test.late_after(), '2 days', 'the same file again is no file');
SELECT is((SELECT last_file_at FROM rosterd.expected WHERE district_id = test.d()), now() - interval '3 hours', 'nor is an approval');

-- weekdays, after a holiday
SELECT test.anew();
SELECT count(test.came(make_interval(days => n), 'day-' || n)) FROM unnest(ARRAY[0, 1, 4, 5, 6, 7, 8, 11, 12, 60]) n;
SELECT is(test.late_after(), '4 days 12:00', 'weekends are usual, one holiday is not');
SELECT count(test.came(make_interval(mins => n), 'backlog-' || n)) FROM generate_series(1, 20) n;
SELECT is(test.late_after() >= interval '4 days 12:00', true, 'files that lay there at once say nothing');
SELECT test.anew();
SELECT count(test.came(make_interval(days => 7 * n), 'week-' || n)) FROM generate_series(0, 7) n;
SELECT is(test.late_after(), '10 days 12:00', 'weekly');
SELECT test.anew();
SELECT count(test.came(make_interval(days => 7 * n), 'week-' || n)) FROM generate_series(1, 6) n;
SELECT is(test.late_after(), '4 days', 'which six files do not show');
SELECT test.came('0', 'week-0');
SELECT is(test.late_after(), '10 days 12:00', 'but seven do');
SELECT test.came('-1 hour', 'backlog');
INSERT INTO rosterd.run (district_id, epoch, cause, state, created_at, ended_at) VALUES (test.d(), 0, 'schedule', 'done', now() + interval '1 day', now());
SELECT is(test.late_after(), '10 days 12:00', 'an hour later is at once, and a run without a file is none');
SELECT is((SELECT last_file_at FROM rosterd.expected WHERE district_id = test.d()), now(), 'so none came since');
SELECT test.d() AS oak \gset
SELECT test.district('elm');
SELECT count(test.came(make_interval(days => n), 'elm-' || n)) FROM generate_series(-3, 9) n;
UPDATE test.now_at SET district_id = :oak;
SELECT is(test.late_after(), '10 days 12:00', 'of another district it says nothing');

UPDATE rosterd.district SET note = 'called them' WHERE district_id = test.d();
UPDATE rosterd.expected SET late_at = now() - interval '1 day' WHERE district_id = test.d();
UPDATE rosterd.district SET note = 'called them again' WHERE district_id = test.d();
SELECT is(test.days_left(), -1.0, 'a note excuses nothing');
UPDATE rosterd.district SET paused_until = now() + interval '30 days', pause_reason = 'summer' WHERE district_id = test.d();
SELECT is(test.days_left(), 34.0, 'a pause does: four days from its end');
UPDATE rosterd.expected SET late_at = now() - interval '1 day' WHERE district_id = test.d();
UPDATE rosterd.district SET sync_enabled = false, paused_until = NULL WHERE district_id = test.d();
UPDATE rosterd.district SET sync_enabled = true WHERE district_id = test.d();
SELECT is(test.days_left(), 4.0, 'so does being off');
SELECT * FROM finish();
ROLLBACK;
