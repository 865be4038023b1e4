-- What a held run can be told, by whom, and what that leaves alone.
BEGIN;
SELECT plan(50);
\ir lib.sql
CREATE ROLE amy LOGIN IN ROLE rosterd_csm;
CREATE FUNCTION test.hold(p_withholds text DEFAULT 'all', d bigint DEFAULT test.d()) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint;
BEGIN
    UPDATE rosterd.hold SET closed_at = now() WHERE district_id = d AND closed_at IS NULL;
    INSERT INTO rosterd.run (district_id, epoch, cause, state, owner, file_name, file_sha256, shown, ended_at)
    VALUES (d, 0, 'schedule', 'held', 'csm', 'roster.zip', 'aa', '{"words": ["of the run"]}', now()) RETURNING run_id INTO v_run;
    INSERT INTO rosterd.hold (run_id, district_id, file_sha256, withholds, since, shown, settings_version, rules_version, judged_on, marks)
    VALUES (v_run, d, 'aa', p_withholds, now(), '{"words": ["of the hold"]}', 1, 1, current_date, '{}');
    INSERT INTO sync.shown VALUES (d, v_run, 'loss', '{1}');
    RETURN v_run;
END $$;
CREATE FUNCTION test.decided(p_run bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', r.state, r.owner, h.decision, h.what, h.decided_by, h.reason, CASE WHEN h.decided_at IS NOT NULL THEN 'decided' END, CASE WHEN h.closed_at IS NOT NULL THEN 'closed' END,
                     (SELECT 'shown' FROM sync.shown s WHERE s.district_id = r.district_id AND s.run_id = p_run), (SELECT 'offered' FROM sync.offered o WHERE o.district_id = r.district_id AND o.run_id = p_run))
    FROM rosterd.run r JOIN rosterd.hold h USING (run_id) WHERE r.run_id = p_run $$;

-- Another district's hold, older and of a sync that is off: whatever is decided here, it waits.
SELECT test.district('elm') AS elm \gset
UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'elm';
SELECT test.hold() AS elsewhere \gset
INSERT INTO sync.offered VALUES (:elm, :elsewhere, 'o', 'n');
SELECT test.district() AS oak \gset
SELECT test.hold() AS earlier \gset

-- rule: SAFE-4
SELECT test.hold('removals') AS run \gset
SELECT throws_ok(format('SELECT rosterd.%s(%s, %L)', verb, :run, why), '23514', format('say why run %s is %s', :run, CASE verb WHEN 'refuse' THEN 'refused' ELSE 'approved' END),
    verb || ' needs a reason: ' || coalesce(quote_literal(why), 'NULL'))
FROM unnest('{approve,refuse}'::text[]) verb, unnest('{NULL,"","  "}'::text[]) why;
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', %L)', :run, what), '23514', coalesce(quote_literal(what), 'NULL') || ' cannot be approved', 'nobody approves ' || coalesce(what, 'nothing'))
FROM unnest('{some,NULL}'::text[]) what;
SELECT throws_ok(format('SELECT rosterd.%s(-1, ''x'')', verb), 'RS008', 'there is no run -1', 'nor a run that never was: ' || verb) FROM unnest('{approve,refuse}'::text[]) verb;
INSERT INTO rosterd.run (district_id, epoch, cause, state, ended_at) VALUES (:oak, 0, 'schedule', 'done', now()) RETURNING run_id AS done \gset
SELECT throws_ok(format('SELECT rosterd.%s(%s, ''x'')', verb, :done), 'RS010', format('run %s is not held', :done), 'nor one that is not held: ' || verb) FROM unnest('{approve,refuse}'::text[]) verb;
UPDATE rosterd.hold SET closed_by_run = :run WHERE run_id = :earlier;
SELECT throws_ok(format('SELECT rosterd.%s(%s, ''x'')', verb, :earlier), 'RS010', format('run %s is not held any more: run %s came after it', :earlier, :run), 'nor one that a newer file replaced: ' || verb)
FROM unnest('{approve,refuse}'::text[]) verb;

-- of which part
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', ''additions'')', :run), 'RS010', format('the additions of run %s have been applied; only its removals wait', :run), 'additions wait no more');
INSERT INTO sync.offered VALUES (:oak, :earlier, 'o', 'n'), (:elm, :run, 'o', 'n');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'', ''mapping'')', :run), 'RS010', format('run %s found nobody renumbered, so there is no mapping to approve', :run), 'what another run or district offers is none of it');
INSERT INTO sync.offered VALUES (:oak, :run, 'o', 'n');
INSERT INTO sync.shown VALUES (:elm, :run, 'loss', '{1}');
SAVEPOINT whole;
SELECT is(rosterd.approve(:run, ' seen ', 'all', 'uid:7'), format('run %s is approved (all) and is carried out by the next run', :run), 'what waits is approved');
SELECT is(test.decided(:run), 'held csm approved all uid:7 seen decided shown offered', 'and stays until it is carried out');
SELECT is(test.decided(:elsewhere), 'held csm shown offered', 'another''s is not');
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', format('run %s was approved by uid:7 already', :run), 'once');
SELECT is(rosterd.refuse(:run, ' no ', 'uid:8'), format('run %s is refused: what it would take away stays; the district''s next file is judged anew', :run), 'until then it can be taken back');
SELECT is(test.decided(:run), 'refused district refused uid:8 no decided closed', 'which closes it, and forgets what was shown');
SELECT is(test.decided(:elsewhere) || ', ' || test.decided(:earlier), 'held csm shown offered, held csm closed shown offered', 'of this one');
SELECT is((SELECT count(*) FROM sync.shown s JOIN sync.offered o USING (district_id, run_id) WHERE run_id = :run), 1::bigint, 'and of no other district');
SELECT throws_ok(format('SELECT rosterd.%s(%s, ''x'')', verb, :run), 'RS010', format('run %s was refused by uid:8 already', :run), 'and that is final: ' || verb) FROM unnest('{approve,refuse}'::text[]) verb;
ROLLBACK TO whole;
SELECT is(rosterd.approve(:run, 'x', 'mapping'), format('run %s is approved (mapping) and is carried out by the next run', :run), 'or its mapping is');
SELECT is((SELECT what FROM rosterd.hold WHERE run_id = :run), 'mapping', 'and it is known that it is that');
SELECT test.hold() AS run \gset
SELECT is(rosterd.approve(:run, 'x', 'additions'), format('run %s is approved (additions) and is carried out by the next run', :run), 'or what it would add, while all of it waits');
SELECT is(rosterd.refuse(:run, 'x'), format('run %s is refused: nothing of it is applied; the district''s next file is judged anew', :run), 'or nothing');

-- rule: OFF-1
SELECT test.hold() AS run \gset
SAVEPOINT switch;
UPDATE rosterd.district SET sync_enabled = false WHERE slug = 'oak';
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', 'the sync of oak is off, so nothing can be carried out', 'off: nothing is approved');
SELECT lives_ok(format('SELECT rosterd.refuse(%s, ''x'')', :run), 'but refused');
ROLLBACK TO switch;
UPDATE rosterd.district SET paused_until = now() + interval '1 day', pause_reason = 'x' WHERE slug = 'oak';
SELECT throws_like(format('SELECT rosterd.approve(%s, ''x'')', :run), 'the sync of oak is paused until %, so nothing can be carried out', 'paused: the same');
SELECT lives_ok(format('SELECT rosterd.refuse(%s, ''x'')', :run), 'but refused');
ROLLBACK TO switch;
SET LOCAL session_replication_role = replica;
UPDATE rosterd.district SET paused_until = now() - interval '1 second' WHERE slug = 'oak';
SET LOCAL session_replication_role = origin;
SELECT lives_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'a pause that is over is over');
ROLLBACK TO switch;
UPDATE rosterd.district SET preview_only = true WHERE slug = 'oak';
SELECT throws_ok(format('SELECT rosterd.approve(%s, ''x'')', :run), 'RS010', 'the runs of oak only preview, so nothing can be carried out', 'a preview: the same');
SELECT lives_ok(format('SELECT rosterd.refuse(%s, ''x'')', :run), 'but refused');
ROLLBACK TO switch;

-- in whose name
SELECT test.as_user('amy', format('SELECT rosterd.approve(%s, ''x'', ''all'', ''uid:0'')', :run));
SELECT is((SELECT decided_by FROM rosterd.hold WHERE run_id = :run), 'amy', 'nobody signs for somebody else');
ROLLBACK TO switch;
SELECT is(test.as_daemon(format('SELECT sync.approve_run(%s, ''x'', ''all'', '' uid:9 '')', :run)), format('run %s is approved (all) and is carried out by the next run', :run), 'but the daemon');
SELECT is((SELECT decided_by FROM rosterd.hold WHERE run_id = :run), 'uid:9', 'for who asked it');
SELECT test.as_daemon(format('SELECT sync.refuse_run(%s, ''x'', '' '')', :run));
SELECT is(test.decided(:run), 'refused district refused rosterd_daemon x decided closed', 'if it says who');
ROLLBACK TO switch;

-- somebody else at it, as far as one session can tell
CREATE FUNCTION test.locked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE lock_not_available; END $$;
CREATE TRIGGER locked BEFORE UPDATE ON rosterd.hold FOR EACH ROW EXECUTE FUNCTION test.locked();
SELECT throws_ok(format('SELECT rosterd.%s(%s, ''x'')', verb, :run), 'RS103', format('somebody is working on run %s or its district in another session', :run), 'nobody waits for long: ' || verb)
FROM unnest('{approve,refuse}'::text[]) verb;
ROLLBACK TO switch;

-- rule: SAFE-6
-- what was shown
CREATE FUNCTION test.was_shown(p_run bigint) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT concat_ws('' '', run_id, district, state, withholds, open, decision, approved, shown -> ''words'' ->> 0) FROM sync.shown_plan(%s)', p_run)) $$;
SELECT is(test.was_shown(:run), :run || ' oak held all t of the hold', 'an open hold');
SELECT rosterd.approve(:run, 'x');
SELECT is(test.was_shown(:run), :run || ' oak held all t approved all of the hold', 'an approved one');
SELECT rosterd.refuse(:run, 'x');
SELECT is(test.was_shown(:run), :run || ' oak refused all f refused of the hold', 'and a closed one');
INSERT INTO rosterd.run (district_id, epoch, cause, state, shown, ended_at) VALUES (:oak, 0, 'schedule', 'previewed', '{"words": ["a preview"]}', now()) RETURNING run_id AS preview \gset
SELECT is(test.was_shown(:preview), :preview || ' oak previewed f a preview', 'a preview');
SELECT throws_ok(format('SELECT test.was_shown(%s)', :done), 'RS008', format('run %s was neither held nor a preview, so no plan of it was kept', :done), 'nothing of a run that was applied');
SELECT throws_ok('SELECT test.was_shown(-1)', 'RS008', 'there is no run -1', 'nor of one that never was');

-- whose spooled files have to go
INSERT INTO rosterd.disposal (district_id, since) VALUES (:oak, now() - interval '1 hour');
SELECT is(test.as_daemon('SELECT string_agg(slug || '' '' || round(age_s / 3600), '', '') FROM sync.disposals()'), 'oak 1', 'those of a district that asked for it');

SELECT * FROM finish();
ROLLBACK;
