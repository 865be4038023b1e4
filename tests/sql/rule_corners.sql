-- Small cases that nothing else comes by: what a rule leaves alone, told from what it does.
BEGIN;
\ir lib.sql
SELECT plan(69);
CREATE FUNCTION test.state(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT state FROM rosterd.run WHERE run_id = p_run $$;
CREATE FUNCTION test.over() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(k ->> 'kind' || coalesce('@' || (k ->> 'school'), ''), ' ' ORDER BY n), '')
    FROM rosterd.run r, jsonb_array_elements(r.shown -> 'kinds') WITH ORDINALITY AS x (k, n)
    WHERE r.run_id = (SELECT max(run_id) FROM rosterd.run) AND k ->> 'over' IS NOT NULL $$;

CREATE FUNCTION test.would(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT array_to_string(h.would, '; ') FROM rosterd.holds h WHERE h.run_id = p_run $$;

CREATE FUNCTION test.kinds(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(c.kind || ' ' || c.value, ' ' ORDER BY c.value) FROM directory.credential c WHERE c.district_id = test.d() AND c.person_id = test.person(p_person) $$;

SELECT test.district();
SELECT test.class('c1', 'Class 1');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Ash'), test.student('out', 'Out', 'Side', schools => '{}');
SELECT test.guardian('g1', 'Gus', 'Ash', '{bob}', email => 'gus@example.org'), test.guardian('g2', 'Gus', 'Ash', '{ann,cyd}', email => 'gus@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob');
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.sync();
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lea', 'Lead', 'lea@example.org') AS leader \gset
SELECT rosterd.grant_users_manager(test.d(), :leader);
SAVEPOINT start;

-- rule: CRED-7
SELECT is(test.guardians('ann') || test.guardians('bob'), 'g1g1', 'two ids of one guardian');
SELECT test.guardian('g2', 'Gus', 'Ash', '{cyd}', email => 'gus@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann'), '', 'one of them is her guardian no more');
SELECT test.guardian('g2', 'Gus', 'Ash', '{ann,cyd}', email => 'gus2@example.org');
SELECT test.sync();
SELECT is(test.guardians('ann'), 'g2', 'and is it again, under an account of their own: the student is there');
ROLLBACK TO start;
-- two of whom each has an address of their own and both one number; one was a teacher here, whose record is gone
SELECT test.setting('merge_duplicate_guardians', 'false');
SELECT test.guardian('a9', 'Ivo', 'Ivy', '{ann}', email => 'a9@example.org', sms => '+12125550161'), test.guardian('i9', 'Ivo', 'Ivy', '{bob}', email => 'i9@example.org', sms => '+12125550161'),
       test.teacher('t9', 'Ivo', 'Ivy', 't9@example.org');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('i9'), 't9', 'one person');
SELECT test.sync(p_file => false);
SELECT test.drop_person('t9');
SELECT test.sync();
SELECT test.person('a9') AS a9 \gset
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.sync(p_file => false);
SELECT is(test.person('i9') || ' ' || test.person('a9'), :'a9' || ' ' || :'a9', 'who was more than a guardian and is it no more goes with the first of the ids');
ROLLBACK TO start;

-- rule: UPD-7
-- an undo of one address leaves the other
SELECT test.guardian('k9', 'Kay', 'Koa', '{bob}', email => 'k9@example.org', phone => '+12125550162');
SELECT test.sync();
SELECT test.guardian('k9', 'Kay', 'Koa', '{bob}', email => 'k9@example.org', sms => '+12125550162');
SELECT test.sync() AS run \gset
SELECT is(test.kinds('k9'), 'sms +12125550162 email k9@example.org', 'a phone becomes a mobile one');
SELECT is((test.as_daemon(format('SELECT sync.undo_asked(%s, true, ''uid:7'')', :run))::jsonb - 'changes'), jsonb_build_object('run_id', :run, 'slug', 'oak', 'preview', true, 'undo_run_id', NULL), 'who asks over the socket hears of that run');
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is(test.kinds('k9'), 'phone +12125550162 email k9@example.org', 'and is a phone again, the e-mail an e-mail');
ROLLBACK TO start;
-- nor does it matter to a name what else was said of that person since
SELECT test.teacher('tom', 'Tom', 'Teak', 'tom@example.org');
SELECT test.sync();
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('tom'), test.school('s1'), 'school_leader', false, true);
SELECT test.teacher('tom', 'Thomas', 'Teak', 'tom@example.org');
SELECT test.sync() AS run \gset
SELECT rosterd.grant_users_manager(test.d(), test.person('tom'));
SELECT is((SELECT string_agg(i.relation || ' ' || i.why, ', ') FROM sync.undo_items(test.d(), :run) i), 'person nobody has touched it since', 'a name is as the run left it, whatever else its person has become');
ROLLBACK TO start;

-- rule: ABN-2
-- somebody whom a leader added and the SIS has too
SELECT test.setting('sync_enabled', 'false');
SELECT api.add_teacher(test.d(), :leader, test.school('s1'), 'Tea', 'Cher', 'tea@example.org') AS tea \gset
SELECT test.setting('sync_enabled', 'true');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.sync();
SELECT is(test.person('tea') || ' ' || (SELECT claim_sis || ' ' || claim_manual FROM directory.role WHERE district_id = test.d() AND person_id = :tea), :'tea' || ' true true', 'a teacher by hand and by the SIS');
SELECT test.drop_person('tea');
SELECT test.sync();
SELECT is((SELECT claim_sis || ' ' || claim_manual || ' ' || state FROM directory.role WHERE district_id = test.d() AND person_id = :tea), 'false true active', 'who leaves the SIS is one by hand');
ROLLBACK TO start;

-- rule: ABN-E1
SELECT test.setting('abandonment', 'extreme');
SELECT test.guardian('og', 'Out', 'Side', '{out}', email => 'og@example.org');
SELECT test.sync();
SELECT test.drop_person('out'), test.drop_person('og');
SELECT is(test.state(test.sync()), 'done', 'a student who was at no school leaves, with a guardian who had nobody else');
ROLLBACK TO start;
SELECT test.setting('abandonment', 'extreme');
SELECT rosterd.erase_person(test.d(), test.person('bob'), 'asked for');
SELECT test.drop_person('bob');
SELECT is(test.state(test.sync()), 'done', 'one who is erased too');
ROLLBACK TO start;

-- rule: CRED-5
-- who is a teacher no more has no more claim than another guardian; that a pinned classroom has their number does not matter
SELECT test.guardian('a9', 'Ava', 'Ivy', '{ann}', email => 'a9@example.org'), test.guardian('i9', 'Ivo', 'Ivy', '{bob}', email => 'i9@example.org'), test.teacher('t9', 'Ivo', 'Ivy', 't9@example.org');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), test.person('i9'), 't9', 'one person');
SELECT setval('directory.classroom_classroom_id_seq', test.person('i9'), false);
SELECT test.class('c9', 'Class 9');
SELECT test.sync();
SELECT is(test.classroom('c9'), test.person('i9'), 'a classroom and a person of one number');
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c9'), 'asked');
SELECT test.drop_person('t9'), test.guardian('a9', 'Ava', 'Ivy', '{ann}', email => 'a9@example.org', sms => '+12125550178'), test.guardian('i9', 'Ivo', 'Ivy', '{bob}', email => 'i9@example.org', sms => '+12125550178');
SELECT test.sync();
SELECT is(test.credentials('a9') || ' ' || test.credentials('i9'), 'a9@example.org i9@example.org', 'neither of two guardians gets the number that both give');
ROLLBACK TO start;
-- rule: CRED-9
SELECT test.guardian('h1', 'Hal', 'Hay', '{ann}', email => 'h1@example.org'), test.guardian('h2', 'Hue', 'Hay', '{ann}', email => 'h2@example.org');
SELECT test.sync();
SELECT test.accept('h1'), test.accept('h2');
SELECT test.person('h2') AS h2 \gset
SELECT test.drop_person('h1'), test.drop_person('h2');
SELECT test.sync();
SELECT test.guardian('r2', 'Hue', 'Hay', '{ann}', email => 'h2@example.org');
SAVEPOINT gone;
SELECT test.student('kid', 'Kid', 'Koa', email => 'h2@example.org'), test.guardian('r1', 'Rob', 'Koa', '{ann}', email => 'h1@example.org');
SELECT test.sync();
SELECT isnt(test.person('r2'), :h2::bigint, 'an address that a student gives as well tells nobody');
ROLLBACK TO gone;
SELECT test.student('kid', 'Kid', 'Koa', email => 'h2@example.org'), test.guardian('r1', 'Rob', 'Koa', '{kid}', email => 'h1@example.org');
SELECT test.sync();
SELECT isnt(test.person('r2'), :h2::bigint, 'nor when it is somebody else''s child');
ROLLBACK TO gone;
SELECT test.student('kid', 'Kid', 'Koa', email => 'h2@example.org'), test.guardian('r2', 'Hue', 'Hay', '{kid}', email => 'h2@example.org');
SELECT test.sync();
SELECT is(test.person('r2'), :h2::bigint, 'their own child may');
ROLLBACK TO start;
-- rule: CLS-10
SELECT test.class('c5', 'Class 5'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org'), test.enroll('c5', 'tea', 'teacher'), test.enroll('c5', 'ann', end_date => (current_date - 40)::text);
SELECT test.sync();
SELECT api.set_sis_rostering(test.d(), :leader, test.school('s1'), true), api.add_student(test.d(), :leader, test.classroom('c5'), test.person('ann'));
SELECT test.student('ann', 'Ann', 'Ash', schools => '{}'), test.drop_enroll('c1', 'ann');
SELECT test.sync();
SELECT test.enroll('c5', 'ann', end_date => (current_date - 30)::text), test.class('c5', 'Class five');
SELECT test.sync();
SELECT is((SELECT state || coalesce(' by ' || archived_by, '') || ':' || test.members('c5') FROM directory.classroom WHERE classroom_id = test.classroom('c5')),
          'active:tea*', 'who was there by hand and left does not end a classroom by an old enrollment');
ROLLBACK TO start;
-- who is pinned stays in the class where their enrollment has ended, so when the last other student goes it is not empty
SELECT test.class('c5', 'Class 5'), test.teacher('tea', 'Tea', 'Cher', 'tea@example.org'), test.enroll('c5', 'tea', 'teacher'), test.enroll('c5', 'ann'), test.enroll('c5', 'bob');
SELECT test.sync();
SELECT rosterd.pin(test.d(), 'person', test.person('ann'), 'asked');
SELECT test.enroll('c5', 'ann', end_date => (current_date - 1)::text);
SELECT test.sync();
SELECT is(test.members('c5'), 'ann bob tea*', 'a pin keeps her in a class that has ended for her');
SELECT test.drop_enroll('c5', 'bob');
SELECT test.sync();
SELECT is((SELECT state || ':' || test.members('c5') FROM directory.classroom WHERE classroom_id = test.classroom('c5')), 'active:ann tea*', 'and the class from ending when the other student goes');
SELECT ok(test.settled(), 'whoever is looked at');
SELECT rosterd.unpin(test.d(), 'person', test.person('ann'));
SELECT test.sync(p_file => false);
SELECT is((SELECT state || ' by ' || archived_by || ':' || test.members('c5') FROM directory.classroom WHERE classroom_id = test.classroom('c5')), 'archived by ended:ann tea*', 'without it the class ends with her');
ROLLBACK TO start;
-- rule: CRED-7
SELECT test.guardian('u1', 'Uma', 'Ulm', '{ann}', email => 'u1@example.org'), test.guardian('u2', 'Uma', 'Ulm', '{bob}', email => 'u2@example.org');
SELECT test.sync();
SELECT rosterd.pin(test.d(), 'person', test.person('u1'), 'asked'), rosterd.pin(test.d(), 'person', test.person('u2'), 'asked');
SELECT test.guardian('u1', 'Uma', 'Ulm', '{ann}', email => 'u1@example.org', sms => '+12125550177'), test.guardian('u2', 'Uma', 'Ulm', '{bob}', email => 'u2@example.org', sms => '+12125550177');
SELECT test.sync();
SELECT is(test.findings('guardian.contested') || (SELECT count(*) FROM rosterd.finding WHERE district_id = test.d() AND message LIKE '%merge_duplicate_guardians%'), 'u1 u20', 'two whom a pin keeps apart are not told to switch on what is on');
ROLLBACK TO start;
-- rule: STU-4
SELECT test.setting('sync_enabled', 'false');
SELECT api.create_student(test.d(), :leader, test.school('s1'), 'Han', 'Dmade') AS han \gset
SELECT api.edit_person(test.d(), :leader, :han, 'Hans', NULL, NULL, NULL, NULL);
SELECT test.setting('sync_enabled', 'true');
SELECT test.student('han', 'Hanno', 'Handmade');
SELECT test.sync();
SELECT rosterd.link_person(test.d(), :han, 'han', 'asked');
SELECT test.sync(p_file => false);
SELECT is((SELECT given_name || ' ' || family_name FROM directory.person WHERE person_id = :han), 'Hanno Handmade', 'the name that a leader gave before there was a record is no edit of the SIS''s');
ROLLBACK TO start;
-- rule: ABN-2
-- who has more than one role at a school loses the one that ends
SELECT test.teacher('tom', 'Tom', 'Teak', 'tom@example.org');
SELECT test.sync();
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES
    (test.d(), test.person('tom'), test.school('s1'), 'school_leader', false, true), (test.d(), test.person('ann'), test.school('s1'), 'teacher', false, true);
SELECT test.person('tom') AS tom, test.person('ann') AS ann \gset
CREATE FUNCTION pg_temp.roles(p_person bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', role, claim_sis, claim_manual, state), ', ' ORDER BY role) FROM directory.role WHERE district_id = test.d() AND person_id = p_person $$;
SELECT test.drop_person('tom'), test.drop_person('ann');
SELECT test.sync() AS run \gset
SELECT is(pg_temp.roles(:tom), 'school_leader f t active', 'a teacher who leaves is a leader still');
SELECT is(pg_temp.roles(:ann), 'student t f archived, teacher f t active', 'a student who leaves a teacher');
SELECT is((SELECT string_agg(key ->> 'role', ' ' ORDER BY key ->> 'role') FROM audit.change WHERE run_id = :run AND relation = 'directory.role'), 'student teacher', 'the audit has the one of each that ended');
ROLLBACK TO start;
-- rule: CRED-7
-- an address that a leader gave an invitee, whose record has gone since, is theirs: namesakes who give it are not one person for that
SELECT test.guardian('v1', 'Vic', 'Vos', '{ann}', email => 'v1@example.org');
SELECT test.sync();
SELECT test.setting('sync_enabled', 'false');
SELECT api.edit_person(test.d(), :leader, test.person('v1'), NULL, NULL, 'v@example.org', NULL, NULL);
SELECT test.setting('sync_enabled', 'true');
SELECT is(test.credentials('v1'), 'v@example.org', 'a leader gives an invitee another address');
SELECT test.drop_person('v1'), test.drop_person('ann');
SELECT test.sync();
SELECT test.guardian('u1', 'Uma', 'Ulm', '{bob}', email => 'v@example.org', sms => '+12125550191'), test.guardian('u2', 'Uma', 'Ulm', '{bob}', email => 'v@example.org', sms => '+12125550192');
SELECT test.sync();
SELECT isnt(test.person('u1'), test.person('u2'), 'who holds it by a leader''s word is somebody else');
ROLLBACK TO start;
-- rule: CRED-5
-- who comes later with an address or number that two others share gets it no more than they
CREATE FUNCTION pg_temp.third(email text, sms text, phone text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    PERFORM test.guardian('x' || n, 'Gil', 'Gum' || n, '{bob}', email => third.email, sms => third.sms, phone => third.phone) FROM generate_series(1, 2) n;
    PERFORM test.sync();
    PERFORM test.guardian('x3', 'Gil', 'Gum3', '{out}', email => third.email, sms => third.sms, phone => third.phone);
    PERFORM test.sync();
    RETURN coalesce(test.person('x3') || test.credentials('x3'), 'nobody');
END $$;
SAVEPOINT shared;
SELECT is(pg_temp.third('gum@example.org', NULL, NULL), 'nobody', 'of three who share an address the third is not added either');
ROLLBACK TO shared;
SELECT is(pg_temp.third(NULL, '+12125550181', NULL), 'nobody', 'nor of three who share a mobile number');
ROLLBACK TO shared;
SELECT is(pg_temp.third(NULL, NULL, '+12125550181'), 'nobody', 'nor of three who share a phone');
ROLLBACK TO start;
-- rule: SAFE-4
-- every kind has words of its own, in an order of their own
INSERT INTO sync.plan_item (slot, what, kind, item, school_id, one, is_active)
SELECT 7, w.what, w.kind, n, 0, n, w.active FROM (VALUES ('renumbered', 'students', false), ('renumbered', 'guardians', false), ('renumbered', 'teachers', false), ('loss', 'students', false), ('loss', 'guardians', true),
    ('loss', 'guardians', false), ('loss', 'guardianships', false), ('loss', 'teachers', false), ('loss', 'classrooms', false), ('loss', 'memberships', false), ('addition', 'students', false), ('addition', 'guardians', false),
    ('addition', 'teachers', false), ('addition', 'guardianships', false), ('addition', 'invitees', false)) w (what, kind, active), generate_series(1, 2) n;
INSERT INTO sync.plan_over (slot, what, kind, school_id, n) SELECT DISTINCT 7, what, kind, 0, 2 FROM sync.plan_item WHERE slot = 7;
SELECT results_eq('SELECT unnest(sync.guard_words(7::smallint))', $$ VALUES
    ('2 students seem to be here already under another id: same name, schools and family'),
    ('2 guardians seem to be here already under another id: same name, schools and family'),
    ('2 teachers seem to be here already under another id: same name, schools and family'),
    ('2 students would leave'),
    ('2 active guardians would lose their last child'),
    ('2 invited guardians would lose their last child'),
    ('2 relationships between a child and a guardian would end'),
    ('2 teachers would leave'),
    ('2 classrooms would be archived or disconnected'),
    ('2 places in classrooms would be lost'),
    ('2 students would be added'),
    ('2 guardians would be added'),
    ('2 teachers would be added'),
    ('2 relationships between a child and a guardian would be added'),
    ('2 invitees would get another name or credential') $$, 'each kind that is over is told');
ROLLBACK TO start;
-- rule: UPD-1
-- who is in a class in two roles leaves it in the one that ends
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual)
SELECT test.d(), test.person(x), test.school('s1'), 'teacher', false, true FROM unnest('{ann,bob}'::text[]) x;
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
SELECT test.d(), test.classroom('c1'), test.person(x), 'teacher', false, true FROM unnest('{ann,bob}'::text[]) x;
UPDATE directory.membership SET claim_manual = true, detached = true WHERE district_id = test.d() AND person_id = test.person('bob') AND role = 'student';
CREATE FUNCTION pg_temp.places(p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', role, claim_sis, claim_manual, suspended, detached), ', ' ORDER BY role) FROM directory.membership WHERE district_id = test.d() AND person_id = test.person(p_id) $$;
INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'person', test.person('bob'));
SELECT test.drop_enroll('c1', 'ann'), test.sync() AS run \gset
SELECT is(pg_temp.places('ann'), 'teacher f t f f', 'a place as a student ends, that as a teacher does not');
SELECT is(pg_temp.places('bob'), 'student t t f f, teacher f t f f', 'a place as a student changes, that as a teacher does not');
SELECT is((SELECT string_agg(key ->> 'role', ' ') FROM audit.change WHERE run_id = :run AND relation = 'directory.membership'), 'student student', 'the audit has these');
ROLLBACK TO start;
-- rule: UPD-6
-- a file that was applied before is known by its hash: it is judged again without being staged; one that was not is refused
SELECT test.begin_run(p_file => false) AS again \gset
UPDATE rosterd.run SET file_sha256 = (SELECT j.file_sha256 FROM sis.judged j WHERE j.district_id = test.d()) WHERE run_id = :again;
SELECT is(test.plan(:again) ->> 'verdict', 'apply', 'the same file again needs no rows');
UPDATE rosterd.run SET file_sha256 = repeat('f', 64) WHERE run_id = :again;
SELECT throws_ok(format('SELECT test.plan(%s)', :again), 'RS104', NULL, 'another one does');
ROLLBACK TO start;
-- rule: GRD-4
-- a phone is a mobile number when somebody says so, not whenever anything is edited
SELECT test.guardian('k9', 'Kay', 'Koa', '{bob}', email => 'k9@example.org', phone => '+12125550162');
SELECT test.sync();
SELECT api.edit_person(test.d(), :leader, test.person('k9'), NULL, NULL, 'kay@example.org', NULL, NULL);
SELECT is(test.kinds('k9'), 'phone +12125550162 email kay@example.org', 'another e-mail leaves the phone a phone');
SELECT api.edit_person(test.d(), :leader, test.person('k9'), NULL, NULL, NULL, '+12125550162', NULL);
SELECT is(test.kinds('k9'), 'sms +12125550162 email kay@example.org', 'given as a mobile number it is one');
ROLLBACK TO start;
-- rule: SAFE-4
-- what is shown of a run is of that run, and of its own hold
SELECT test.setting('preview_only', 'true');
SELECT test.student('new', 'New', 'Nut');
SELECT test.night() AS previewed \gset
SELECT test.setting('preview_only', 'false');
SELECT test.setting('removal_limit_min', '0'), test.setting('on_limit', 'hold-removals');
SELECT test.drop_person('ann'), test.drop_person('bob');
SELECT test.night() AS held \gset
SELECT results_eq(format('SELECT p.run_id, p.state, p.withholds, p.open, p.since IS NOT NULL, p.shown IS NOT NULL FROM sync.shown_plan(%s) p', :held),
                  format('VALUES (%s::bigint, ''held'', ''removals'', true, true, true)', :held), 'of a held run, since when and what waits');
SELECT results_eq(format('SELECT p.run_id, p.state, p.withholds, p.open, p.since IS NOT NULL, p.shown IS NOT NULL FROM sync.shown_plan(%s) p', :previewed),
                  format('VALUES (%s::bigint, ''previewed'', NULL::text, false, false, true)', :previewed), 'of a preview, that nothing waits');
ROLLBACK TO start;

-- A school of 30, all by their enrollments, whose other org is none.
SELECT test.setting('on_limit', 'hold-removals'), test.setting('merge_duplicate_guardians', 'false');
SELECT test.org('s2', 'School 2'), test.org('s9', 'School 9'), test.class('c2', 'Class 2', 's2'), test.class('c3', 'Class 3', 's2'), test.class('c9', 'Class 9', 's9');
SELECT count(test.student('p' || n, 'P' || n, 'Pine', schools => '{s2}')), count(test.guardian('q' || n, 'Q' || n, 'Pine', ARRAY['p' || n], email => 'q' || n || '@example.org')),
       count(test.enroll('c2', 'p' || n)) FROM generate_series(1, 100) n;
SELECT rosterd.approve(test.night(), 'a new school');
SELECT test.carry_out();
SAVEPOINT pines;
-- rule: SAFE-3
UPDATE test.sis_person SET orgs = '{s9,d0}' WHERE id IN (SELECT 'p' || n FROM generate_series(1, 25) n);
SELECT test.enroll('c2', 'p' || n, end_date => (current_date + 1)::text) FROM generate_series(1, 25) n;
SELECT test.night();
SELECT test.drop_org('s9'), test.drop_class('c9');
SELECT test.night();
UPDATE sis.enrollment SET end_date = current_date - 2 WHERE district_id = test.d() AND end_date IS NOT NULL;
UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE end_date IS NOT NULL;
UPDATE sis.judged SET judged_on = judged_on - 5 WHERE district_id = test.d();
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || test.schools('p1') || test.schools('p30'), 'done(s2)s2', 'who ends by a date is not lost, though a school that is gone or the district goes on naming them');
ROLLBACK TO pines;
-- an enrollment that ended long ago in a class that is gone announces nothing
SELECT test.enroll('c3', 'p' || n, end_date => (current_date - 40)::text) FROM generate_series(1, 25) n;
SELECT test.night();
DELETE FROM test.sis_class WHERE id = 'c3';
SELECT test.night();
DELETE FROM test.sis_enroll WHERE class = 'c2' AND person IN (SELECT 'p' || n FROM generate_series(1, 25) n);
UPDATE test.sis_person SET orgs = '{}' WHERE id IN (SELECT 'p' || n FROM generate_series(1, 25) n);
SELECT test.teacher('tim', 'Tim', 'Teak', 'tim@example.org'), test.student('new', 'New', 'Nut');
SELECT test.night() AS held \gset
SELECT is(test.state(:held) || ' ' || test.over(), 'held students students@School 2 guardians guardians@School 2 memberships memberships@School 2', 'an old date in a class that is gone announces nothing');
-- rule: SAFE-4
SELECT is(test.would(:held), '25 students would leave, at School 2; 25 invited guardians would lose their last child, at School 2; 25 places in classrooms would be lost, at School 2', 'what is over, and nothing that is not, is said in words');
-- rule: SAFE-3
ROLLBACK TO pines;
-- places by hand
UPDATE directory.membership SET claim_manual = true WHERE district_id = test.d() AND person_id IN (SELECT test.person('p' || n) FROM generate_series(1, 25) n);
DELETE FROM test.sis_enroll WHERE class = 'c2' AND person IN (SELECT 'p' || n FROM generate_series(1, 25) n);
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || (test.members('c2') ~ '\mp1\M'), 'donetrue', 'a place that stays by hand is no loss');
SELECT count(test.drop_person('p' || n)) FROM generate_series(1, 25) n;
SELECT test.setting('abandonment', 'extreme');
SELECT test.night() AS held \gset
SELECT is(test.state(:held) || ' ' || test.over(), 'held students students@School 2 guardians guardians@School 2 memberships memberships@School 2', 'it is one when its student leaves');
SELECT rosterd.approve(:held, 'they moved away');
SELECT test.carry_out() AS run \gset
SELECT is(test.state(:run) || (test.members('c2') ~ '\mp1\M'), 'donefalse', 'approved, they are out of the class');
SELECT count(test.drop_person('q' || n)) FROM generate_series(1, 25) n;
SELECT test.drop_class('c2'), count(test.enroll('c3', 'p' || n)) FROM generate_series(26, 100) n;
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || ' ' || test.over(), 'done ', 'and none again when the family is abandoned for good, in a class that leaves with them');
SELECT is((SELECT count(*) FROM directory.membership WHERE district_id = test.d() AND detached), 25::bigint, 'which takes it away there');
ROLLBACK TO pines;
-- one of many leavers may be here under another id; too few are for that to be asked, so nobody is taken for anybody
SELECT count(test.drop_person('p' || n)), count(test.drop_person('q' || n)) FROM generate_series(1, 25) n;
SELECT test.drop_person('p30'), test.student('xp30', 'P30', 'Pine', schools => '{s2}'), test.enroll('c2', 'xp30'), test.guardian('q30', 'Q30', 'Pine', '{xp30}', email => 'q30@example.org');
SELECT test.night() AS held \gset
SELECT is((SELECT reason FROM rosterd.run WHERE run_id = :held), 'plan.removals_withheld', 'too many leave');
SELECT isnt(test.person('xp30'), test.person('p30'), 'who came with the name of one of them is somebody else');
ROLLBACK TO pines;
-- a place that the file moves to another class is kept as it was, and only what is over waits
UPDATE test.sis_enroll SET end_date = (current_date - 2)::text WHERE class = 'c2' AND person IN (SELECT 'p' || n FROM generate_series(1, 25) n);
SELECT test.student('new', 'New', 'Nut');
SELECT test.night() AS held \gset
SELECT is((SELECT h.withholds FROM rosterd.hold h WHERE h.run_id = :held) || test.schools('new') || (test.members('c2') ~ '\mp1\M'), 'removalss1true', 'places that change are taken out of the file, the rest is applied');
SELECT is(test.would(:held), '25 places in classrooms would be lost, at School 2', 'and no other kind is spoken of');
-- rule: SAFE-4
CREATE FUNCTION test.holds() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' | ', h.slug, h.run_id, h.file_name, h.waits, coalesce(h.decided, '-'), coalesce(h.what_to_do, '-')), E'\n') FROM rosterd.holds h $$;
SELECT is(test.holds(), format('oak | %1$s | roster.zip | the removals over the limit | - | '
    'SELECT rosterd.approve(%1$s, ''why'', ''all''); or SELECT rosterd.refuse(%1$s, ''why''); numbers: SELECT * FROM rosterd.hold_details WHERE run_id = %1$s;', :held), 'what waits, and what to do');
SELECT rosterd.approve(:held, 'seen', 'all', 'uid:7');
SELECT is(test.holds(), format('oak | %s | roster.zip | the removals over the limit | approved (all) by uid:7: is carried out by the next run | -', :held), 'once it is decided, nothing');
ROLLBACK TO pines;
-- pairs that both sides stated, and one or each leaves out
UPDATE test.sis_person SET agents = ARRAY['q' || substr(id, 2)] WHERE id ~ '^p[0-9]';
SELECT test.night();
CREATE FUNCTION test.without(p_side text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_run bigint;
BEGIN
    UPDATE test.sis_person SET agents = '{}' WHERE id ~ ('^' || p_side || '([1-9]|1[0-9]|2[0-5])$');
    PERFORM test.student('new', 'New', 'Nut');
    v_run := test.night();
    RETURN concat_ws(' ', (SELECT h.withholds FROM rosterd.hold h WHERE h.run_id = v_run), test.guardians('p1'), test.schools('new'));
END $$;
SAVEPOINT sides;
SELECT is(test.without('p'), 'removals q1 s1', 'pairs that the students leave out wait, the rest is applied');
ROLLBACK TO sides;
SELECT is(test.without('q'), 'removals q1 s1', 'so do those that the guardians leave out');
ROLLBACK TO sides;
SELECT is(test.without('[pq]'), 'removals q1 s1', 'and those that both do');
ROLLBACK TO start;

-- rule: ABN-E4
-- of who is archived at one school and active at another, the one
SELECT test.org('s2', 'School 2'), test.student('ann', 'Ann', 'Ash', schools => '{s1,s2}');
SELECT test.sync();
SELECT test.drop_person('ann'), test.drop_person('g2'), test.drop_person('g1');
SELECT test.sync();
UPDATE directory.role SET state = 'active', claim_manual = true WHERE district_id = test.d() AND person_id = test.person('ann') AND school_id = test.school('s2');
SELECT test.setting('abandonment', 'extreme');
SELECT is((SELECT string_agg(concat_ws(' ', x.sourced_id, x.schools), ', ' ORDER BY x.sourced_id) FROM rosterd.apply_extreme(test.d(), true) x), 'ann 1', 'it says at how many schools');
SELECT count(*) FROM rosterd.apply_extreme(test.d(), false);
SELECT is(test.schools('ann'), '[s1] s2', 'and takes them out of these');
ROLLBACK TO start;

-- rule: SAFE-1
-- of two people of whom one row cannot be read, not even its id, the other row speaks
SELECT test.setting('merge_duplicate_guardians', 'false');
SELECT test.guardian('h1', 'Hal', 'Holly', '{cyd}', email => 'hal@example.org'), test.student('dot', 'Dot', 'Dale');
SELECT test.sync();
SAVEPOINT unread;
SELECT test.drop_person('h1'), test.bad('person', NULL), test.student('ann', 'Ann', 'Ash', agents => '{h1}');
SELECT test.sync();
SELECT is(test.guardians('ann') || test.guardians('cyd'), 'h1h1', 'a student''s row gives them a guardian');
ROLLBACK TO unread;
SELECT test.drop_person('dot'), test.bad('person', NULL), test.guardian('h1', 'Hal', 'Holly', '{cyd,dot}', email => 'hal@example.org');
SELECT test.sync();
SELECT is(test.guardians('dot') || test.schools('dot'), 'h1s1', 'a guardian''s row a student');
ROLLBACK TO start;
-- what another district's file is, at the same time, is nothing to this one's
SELECT test.d() AS oak, daemon_id AS daemon FROM test.now_at \gset
SELECT test.district('elm') AS elm \gset
SELECT test.student('eve', 'Eve', 'Elm');
SELECT test.sync();
INSERT INTO test.sis_delta VALUES (:elm, 'users.csv');
SELECT test.begin_run() AS delta \gset
UPDATE test.now_at SET district_id = :oak, daemon_id = :daemon;
INSERT INTO rosterd.run (district_id, epoch, cause, state, reason, file_name, file_size, file_mtime, file_sha256, ended_at)
VALUES (:oak, 0, 'schedule', 'rejected', 'zip.broken', 'broken.zip', 1, 1, repeat('0', 64), now());
SELECT test.student('new', 'New', 'Nut');
SELECT test.begin_run() AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'apply', 'a complete file behind a broken one, while another district sends a delta');
-- rule: SAFE-8
INSERT INTO rosterd.district (slug, name) VALUES ('fir', 'Fir') RETURNING district_id AS fir \gset
SELECT xmax AS locked FROM rosterd.district WHERE district_id = :fir \gset
SAVEPOINT unlocked;
SELECT test.apply(:run);
SELECT is(test.state(:run) || test.schools('new'), 'dones1', 'is applied');
SELECT is((SELECT xmax FROM rosterd.district WHERE district_id = :fir), :'locked', 'without a lock on the row of a third');
-- rule: OFF-1
-- What was decided about the district since the run began ends it before anything is planned.
SELECT test.begin_run() AS begun \gset
SAVEPOINT begun;
UPDATE rosterd.district SET sync_enabled = false WHERE district_id = test.d();
SELECT throws_ok(format('SELECT test.plan(%s)', :begun), 'RS102', 'the sync was switched off during the run', 'switched off in mid-run');
ROLLBACK TO begun;
UPDATE rosterd.district SET paused_until = clock_timestamp() + interval '1 day', pause_reason = 'holidays' WHERE district_id = test.d();
SELECT throws_ok(format('SELECT test.plan(%s)', :begun), 'RS102', 'the sync was paused during the run', 'paused');
ROLLBACK TO begun;
UPDATE rosterd.district SET phone_is_credential = NOT phone_is_credential WHERE district_id = test.d();
SELECT throws_ok(format('SELECT test.plan(%s)', :begun), 'RS102', 'a setting changed during the run', 'or with another setting');
SELECT * FROM finish();
ROLLBACK;
