-- Pins, look-ups and undos that are asked for: which rows they write, and that a district with the same ids and
-- numbers beside this one has no part in it.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(34);
SELECT test.district();
-- No number of a person is that of a classroom.
SELECT setval(pg_get_serial_sequence('directory.person', 'person_id'),
              greatest(nextval(pg_get_serial_sequence('directory.person', 'person_id')), nextval(pg_get_serial_sequence('directory.classroom', 'classroom_id'))) + 1000);
SELECT test.class('c1', 'Class 1'), test.student('ann', 'Ann', 'Ash', email => 'ann@example.org'), test.student('bob', 'Bob', 'Birch'), test.enroll('c1', 'ann');
SELECT test.guardian('una', 'Una', 'Umber');
SELECT test.sync();
SELECT test.person('ann') AS ann, test.classroom('c1') AS c1 \gset
-- A pin of the same number of the other kind, and of the same kind with another number.
INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by, undo_run) VALUES (test.d(), 'classroom', :ann, 'of a classroom', 'csm', NULL), (test.d(), 'person', :c1, 'of a person', 'csm', NULL), (test.d(), 'person', test.person('bob'), 'of bob', 'csm', NULL);
DELETE FROM sync.mark WHERE district_id = test.d();
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS door \gset
INSERT INTO rosterd.district (slug, name) VALUES ('far', 'Far') RETURNING district_id AS far \gset
SELECT test.become_opposite(:door, test.d());
INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by, undo_run) VALUES (:door, 'person', :ann, 'next door', 'csm', 7), (:door, 'classroom', :c1, 'next door', 'csm', 7);
UPDATE sis.person SET person_id = person_id + 1000 WHERE district_id = :door;
SELECT test.sum_of(:door) AS next_door \gset
CREATE FUNCTION pg_temp.pins() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', p.kind, p.reason, p.pinned_by, p.undo_run, CASE WHEN p.pinned_at < now() THEN 'before' END), ', ' ORDER BY p.reason) FROM sync.pin p
    WHERE p.district_id = test.d() AND p.reason !~ '^of ' $$;
CREATE FUNCTION pg_temp.others() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM sync.pin p WHERE p.district_id = test.d() AND p.reason ~ '^of ' AND p.pinned_by = 'csm' $$;
CREATE FUNCTION pg_temp.marks() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', m.kind, coalesce(m.value, m.id::text)), ', ' ORDER BY m.kind, m.value) FROM sync.mark m WHERE m.district_id = test.d() $$;
CREATE FUNCTION pg_temp.audited() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', c.act, c.rule, c.key, coalesce(c.before::text, '-'), coalesce(c.after::text, '-')), ', ' ORDER BY c.change_id) FROM audit.change c
    WHERE c.district_id = test.d() AND c.run_id IS NULL $$;
CREATE FUNCTION pg_temp.gate(d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(l.mode, ' ') FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = sync.gate_key(d) $$;
SAVEPOINT start;

-- rule: UPD-7
SELECT rosterd.pin(test.d(), 'person', :ann, ' kept ');
SELECT is(pg_temp.pins(), 'person kept ' || session_user, 'somebody is pinned');
SELECT is(pg_temp.marks(), format('credential ann@example.org, person %s', :ann), 'whom the next run looks at, with what they hold');
SELECT is(pg_temp.audited(), format('pin by %s UPD-7 {"person_id": %s} - {"reason": "kept", "undo_run": null}', session_user, :ann), 'and it is in the audit');
UPDATE sync.pin SET pinned_by = 'csm', pinned_at = now() - interval '1 day', undo_run = 9 WHERE district_id = test.d() AND reason = 'kept';
SELECT is(pg_temp.pins(), 'person kept csm 9 before', 'as if an undo had done it, a day ago');
SELECT rosterd.pin(test.d(), 'person', :ann, 'kept by hand');
SELECT is(pg_temp.pins(), 'person kept by hand ' || session_user, 'a pin by hand takes its place');
SELECT matches(pg_temp.audited(), format('"person_id": %s} {"reason": "kept", "undo_run": 9} {"reason": "kept by hand", "undo_run": null}$', :ann), 'with what it was');
DELETE FROM sync.mark WHERE district_id = test.d();
SELECT matches(rosterd.unpin(test.d(), 'person', :ann), '^the next run does with person', 'it is taken out');
SELECT is(pg_temp.pins(), NULL, 'and gone');
SELECT is(pg_temp.marks(), format('credential ann@example.org, person %s', :ann), 'they are looked at again');
SELECT matches(pg_temp.audited(), format('unpin by %s UPD-7 {"person_id": %s} {"reason": "kept by hand", "undo_run": null} -$', session_user, :ann), 'as the audit says');
DELETE FROM sync.mark WHERE district_id = test.d();
SELECT matches(rosterd.unpin(test.d(), 'person', :ann), 'was not pinned$', 'once');
SELECT is(pg_temp.marks(), NULL, 'then nobody is looked at');
SELECT rosterd.pin(test.d(), 'classroom', :c1, 'kept');
SELECT is(pg_temp.pins() || ': ' || pg_temp.marks(), format('classroom kept %s: classroom %s', session_user, :c1), 'a classroom alike');
SELECT matches(rosterd.unpin(test.d(), 'classroom', :c1), '^the next run does with classroom', 'and back');
SELECT is(pg_temp.others(), 3::bigint, 'pins of others stay, also of the other kind and the same number');
SELECT is(test.sum_of(:door), :'next_door', 'nothing next door');
ROLLBACK TO start;

-- refusals
SELECT throws_ok(format('SELECT rosterd.%s', c), 'RS008', m, c) FROM (VALUES
    ('pin(0, ''person'', 1, ''x'')', 'there is no such district'), ('unpin(0, ''person'', 1)', 'there is no such district'),
    ('unpin(test.d(), ''person'', 0)', 'there is no such person in this district'), ('unpin(test.d(), ''classroom'', 0)', 'there is no such classroom in this district')) x (c, m);
SELECT throws_ok('SELECT rosterd.unpin(test.d(), ''school'', 1)', '22023', 'what is pinned is a person or a classroom', 'a school is not pinned');
SELECT is((SELECT string_agg(length(sync.check_reason(r))::text, ' ') FROM unnest(ARRAY['x', repeat('x', 500), '  ' || repeat('x', 499) || ' ']) r), '1 500 499', 'a reason has 1 to 500 characters');
SELECT throws_ok(format('SELECT sync.check_reason(%L)', r), '22023', 'a reason has 1 to 500 characters', 'neither more nor less') FROM unnest(ARRAY[repeat('x', 501), '  ', NULL]) r;
-- rule: SAFE-8
INSERT INTO directory.person (district_id, given_name, family_name, status) VALUES (:far, 'F', 'F', 'invitee') RETURNING person_id AS far_person \gset
SELECT rosterd.unpin(:far, 'person', :far_person);
SELECT is(pg_temp.gate(:far), 'ShareLock', 'who ends a pin goes in by the gate');
ROLLBACK TO start;
INSERT INTO directory.person (district_id, given_name, family_name, status) VALUES (:far, 'F', 'F', 'invitee') RETURNING person_id AS far_person \gset
SELECT rosterd.pin(:far, 'person', :far_person, 'x');
SELECT is(pg_temp.gate(:far), 'ShareLock', 'as who sets one');
ROLLBACK TO start;

-- rule: UPD-7
CREATE FUNCTION pg_temp.asked(p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', x ->> 'slug', x ->> 'sourced_id', jsonb_array_length(x -> 'steps') > 0) FROM (SELECT test.as_daemon(format('SELECT sync.explain(%L, %L, %L)', 'oak', p_id, 'amy'))::jsonb AS x) y $$;
SELECT is(pg_temp.asked('ann'), 'oak ann t', 'somebody is looked up by the control socket');
SELECT is(concat_ws(', ', pg_temp.asked('una'), pg_temp.asked('nobody')), 'oak una t, oak nobody t', 'and whom the directory does not have');
SELECT is(pg_temp.audited(), format('explain by amy UPD-7 {"person_id": %s} - -, explain by amy UPD-7 {} - -, explain by amy UPD-7 {} - -', :ann), 'who asked is kept, with the person''s number alone');

SELECT test.drop_person('ann'), test.drop_enroll('c1', 'ann'), test.sync() AS run \gset
CREATE FUNCTION pg_temp.undo(p_run bigint, p_preview boolean) RETURNS text LANGUAGE sql AS $$ SELECT test.as_daemon(format('SELECT sync.undo_asked(%s, %L, %L)', p_run, p_preview, 'amy')) $$;
SELECT is(pg_temp.undo(:run, true)::jsonb - 'changes', jsonb_build_object('slug', 'oak', 'run_id', :run, 'preview', true, 'undo_run_id', NULL), 'an undo is asked for');
SELECT is(pg_temp.undo(:run, true)::jsonb -> 'changes', (SELECT jsonb_agg(jsonb_build_object('why', 'nobody has touched it since', 'count', 1, 'verdict', 'would be put back', 'relation', r))
                                                            FROM unnest('{credential,membership,role}'::text[]) r), 'in numbers');
SELECT pg_temp.undo(:run, false) AS undone \gset
SELECT is(:'undone'::jsonb - 'changes', jsonb_build_object('slug', 'oak', 'run_id', :run, 'preview', false, 'undo_run_id', (SELECT run_id FROM rosterd.run WHERE undoes = :run)), 'and done');
SELECT is((SELECT requested_by FROM rosterd.run WHERE undoes = :run), 'amy', 'in the name of who asked');
SELECT * FROM finish();
ROLLBACK;
