-- Shortened slots: rows that are as in the mirror are left out, who is gone is named, and the end is that of
-- the whole file.
BEGIN;
\ir lib.sql
SELECT plan(122);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar', agents => '{hal}');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'), test.guardian('hal', 'Hal', 'Birch', '{bob,cyd}', email => 'hal@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c2', 'cyd');
SELECT test.setting('on_limit', 'hold-removals'), test.setting('removal_limit_min', '20'), test.setting('removal_limit_percent', '100');

CREATE FUNCTION pg_temp.digest() RETURNS uuid LANGUAGE sql AS $$ SELECT j.digest FROM sis.judged j WHERE j.district_id = test.d() $$;
CREATE FUNCTION pg_temp.unsettled() RETURNS text LANGUAGE sql AS
    $$ SELECT coalesce(string_agg(u.kind || ' ' || u.sourced_id, ', ' ORDER BY u.kind, u.sourced_id), '') FROM sis.unsettled u WHERE u.district_id = test.d() $$;
-- What the last slot had of classes, people and enrollments; -: gone.
CREATE FUNCTION pg_temp.sent() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(x.what, ' ' ORDER BY x.what COLLATE "C"), '') FROM (
        SELECT s.sourced_id AS what FROM stage.class s UNION ALL SELECT s.sourced_id FROM stage.person s UNION ALL SELECT s.sourced_id FROM stage.enrollment s UNION ALL SELECT '-' || g.sourced_id FROM stage.gone g) x $$;
CREATE FUNCTION pg_temp.rooms() RETURNS text LANGUAGE sql AS
    $$ SELECT coalesce(string_agg(c.name, ', ' ORDER BY c.name), '') FROM directory.classroom c WHERE c.district_id = test.d() AND c.state = 'active' $$;
CREATE FUNCTION pg_temp.asked() RETURNS text LANGUAGE sql AS $$ SELECT a.reason FROM test.asked a WHERE a.run_id = (SELECT max(r.run_id) FROM rosterd.run r) $$;

-- Until a worker writes digests, nothing is shortened.
SELECT test.night();
SELECT is(pg_temp.digest(), NULL, 'who writes no digest');
SELECT is((SELECT stage.offered_digest(test.d())), NULL, 'is offered none');
INSERT INTO test.sis_digest VALUES (test.d(), true);
SELECT test.night();
SELECT is(pg_temp.sent(), 'ann bob c1 c1/ann c1/bob c2 c2/cyd cyd gus hal', 'without one a file is staged whole');
SELECT is(pg_temp.digest(), (SELECT DISTINCT token FROM test.digest), 'the digest of what was applied is one of the mirror');

-- rule: UPD-6
SELECT test.versions() AS before \gset
SELECT is(p_wrong, NULL, 'the same rows in another file end the same') FROM test.shortened();
SELECT is(pg_temp.sent(), '', 'without any of them');
SELECT is(test.versions(), :'before', 'nothing is written in sis and directory');
SELECT isnt(pg_temp.digest(), (SELECT token FROM test.digest ORDER BY ctid LIMIT 1), 'the digest is the one of the last file');
SELECT is((SELECT counts -> 'students' ->> 'changed' FROM rosterd.run ORDER BY run_id DESC LIMIT 1), NULL, 'and nobody has changed');
SAVEPOINT start;

-- rule: SAFE-1
SELECT test.student('ann', 'Anna', 'Ash', agents => '{gus}'), test.student('dee', 'Dee', 'Dale', agents => '{hal}'), test.drop_person('bob');
SELECT test.enroll('c2', 'dee'), test.drop_enroll('c2', 'cyd');
SELECT is(p_wrong, NULL, 'changes, newcomers and leavers end the same') FROM test.shortened();
SELECT is(pg_temp.sent(), '-bob -c1/bob -c2/cyd ann c2/dee dee', 'who changed or came is sent, who left is named');
SELECT is(test.schools('bob') || '|' || test.members('c1') || '|' || test.members('c2') || '|' || test.guardians('dee'), '(s1)|ann|dee|hal', 'and it is so');
SELECT test.student('bob', 'Bob', 'Birch'), test.enroll('c1', 'bob');
SELECT is(p_wrong, NULL, 'a return ends the same') FROM test.shortened();
SELECT is(test.schools('bob') || '|' || test.guardians('bob') || '|' || coalesce(pg_temp.asked(), '-'), 's1|hal|-', 'with their guardian, whose row was not sent');
ROLLBACK TO start;

-- What is said about a record has it sent again, so that whatever ends it is seen.
SELECT test.enroll('c9', 'ann'), test.enroll('c1', 'zed'), test.student('bob', 'Bob', 'Birch', agents => '{ida,cyd}');
SELECT is(p_wrong, NULL, 'findings end the same') FROM test.shortened();
SELECT is(pg_temp.unsettled(), 'enrollment c1/zed, enrollment c9/ann, person bob', 'what they are about is unsettled');
SELECT test.versions() AS before \gset
SELECT is(p_wrong, NULL, 'again') FROM test.shortened();
SELECT is(pg_temp.sent(), 'bob c1/zed c9/ann', 'it is sent again');
SELECT is(test.findings(), 'bob:link.pair bob:link.person c1/zed:enrollment.person c9/ann:enrollment.class', 'and found again');
SELECT is(test.versions(), :'before', 'without a write');
SELECT is((SELECT jsonb_object_agg(e.k, (SELECT coalesce(jsonb_agg(i ORDER BY i), '[]') FROM jsonb_array_elements(e.v) i)) FROM test.opened o, jsonb_each(o.answer -> 'unsettled') AS e (k, v)),
    '{"class": [], "person": ["bob"], "enrollment": ["c1/zed", "c9/ann"]}', 'the worker was told so, of each kind');
SELECT test.class('c9', 'Class 9'), test.student('zed', 'Zed', 'Zorn'), test.guardian('ida', 'Ida', 'Birch', '{}', email => 'ida@example.org');
SELECT is(p_wrong, NULL, 'what they named comes') FROM test.shortened();
SELECT is(test.members('c9') || '|' || test.members('c1') || '|' || test.guardians('bob') || '|' || coalesce(pg_temp.asked(), '-'), 'ann|ann bob zed|hal ida|-', 'and they count');
SELECT is(pg_temp.unsettled(), 'person bob', 'what is said no more is settled');
ROLLBACK TO start;

-- more than a thousand of a kind, of which the last are only counted
INSERT INTO test.sis_enroll SELECT test.d(), 'x' || n, 'c9', 'ann', 'student' FROM generate_series(1, 1003) n;
SELECT test.setting('bad_rows_limit_percent', '100'), test.night();
SELECT is((SELECT count(*) FROM sis.unsettled), 1003::bigint, 'all of them are unsettled');
SELECT is(p_wrong, NULL, 'also the last') FROM test.shortened();
ROLLBACK TO start;

-- a row that cannot be used, and one that is set aside
SELECT test.bad('person', 'ann'), test.bad('enrollment', 'c1/ann'), test.teacher('bob', 'Bob', 'Birch');
DELETE FROM test.sis_person WHERE id = 'ann';
DELETE FROM test.sis_enroll WHERE id = 'c1/ann';
SELECT is(p_wrong, NULL, 'rows that cannot be used end the same') FROM test.shortened();
SELECT is(pg_temp.unsettled() || '|' || test.members('c1'), 'enrollment c1/ann, person ann, person bob|ann bob', 'their records stay, and are asked for');
DELETE FROM test.sis_bad;
SELECT is(p_wrong, NULL, 'then they are gone') FROM test.shortened();
SELECT is(pg_temp.sent() || '|' || test.members('c1'), '-ann -c1/ann bob|bob', 'and are named');
ROLLBACK TO start;

-- rule: UPD-2
-- What a guardian's row says of a student who is gone counts when the student is back.
SELECT test.drop_person('bob'), test.drop_person('cyd');
SELECT is(p_wrong, NULL, 'students leave') FROM test.shortened();
SELECT test.guardian('hal', 'Hal', 'Birch', '{cyd}', email => 'hal@example.org'), test.guardian('gus', 'Gus', 'Ash', '{ann,bob}', email => 'gus@example.org');
SELECT is(p_wrong, NULL, 'their guardians'' rows change') FROM test.shortened();
SELECT is(pg_temp.unsettled(), 'person gus, person hal', 'what they say cannot be taken in yet');
SELECT is(p_wrong, NULL, 'a night goes by') FROM test.shortened();
SELECT is(pg_temp.sent(), 'gus hal', 'and they are sent');
SELECT test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar', agents => '{hal}');
SELECT is(p_wrong, NULL, 'the students are back') FROM test.shortened();
SELECT is(test.guardians('bob') || '|' || test.guardians('cyd') || '|' || pg_temp.unsettled() || '|' || coalesce(pg_temp.asked(), '-'), 'gus|hal||-', 'and have the guardians that are said now');
ROLLBACK TO start;

-- rule: CLS-7
-- Classes are left out like people.
SELECT test.class('c1', 'Class One'), test.class('c3', 'Class 3'), test.enroll('c3', 'bob');
SELECT is(p_wrong, NULL, 'a class changes and one comes') FROM test.shortened();
SELECT is(pg_temp.sent() || '|' || pg_temp.rooms(), 'c1 c3 c3/bob|Class 2, Class 3, Class One', 'they are sent');
SELECT test.drop_class('c1');
SELECT is(p_wrong, NULL, 'a class goes') FROM test.shortened();
SELECT is(pg_temp.sent() || '|' || coalesce(pg_temp.asked(), '-') || '|' || pg_temp.rooms(), '-c1 -c1/ann -c1/bob|-|Class 2, Class 3', 'it is named');
SELECT test.class('c1', 'Class One'), test.enroll('c1', 'ann');
SELECT is(p_wrong, NULL, 'it is back') FROM test.shortened();
SELECT is(pg_temp.sent() || '|' || pg_temp.rooms(), 'c1 c1/ann|Class 2, Class 3, Class One', 'the same as it was');
ROLLBACK TO start;
SELECT test.class('c2', 'Class 2', school => 's9'), test.class('c3', 'Class 3', school => 's9'), test.enroll('c3', 'bob');
SELECT is(p_wrong, NULL, 'classes are of a school that is none') FROM test.shortened();
SELECT is(pg_temp.unsettled() || '|' || test.findings('class.school'), 'class c2, class c3, enrollment c3/bob|c2 c3', 'they are unsettled');
SELECT is(p_wrong, NULL, 'again') FROM test.shortened();
SELECT is(pg_temp.sent() || '|' || test.findings('class.school'), 'c2 c3 c3/bob|c2 c3', 'sent and found again');
SELECT test.org('s9', 'School 9');
SELECT is(p_wrong, NULL, 'the school comes') FROM test.shortened();
SELECT is(test.findings() || '|' || pg_temp.unsettled() || '|' || test.members('c3') || '|' || coalesce(pg_temp.asked(), '-'), '||bob|-', 'and they count');
SELECT test.org('s9', 'School 9', 'district');
SELECT is(p_wrong, NULL, 'it is a school no more') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.findings('class.school'), 'classes|c2 c3', 'the whole file is asked for');
SELECT test.class('c2', 'Class 2'), test.drop_class('c3');
SELECT is(p_wrong, NULL, 'its classes go elsewhere') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || test.findings(), '-|', 'without asking');
ROLLBACK TO start;
SELECT test.bad('class', 'c1');
DELETE FROM test.sis_class WHERE id = 'c1';
SELECT is(p_wrong, NULL, 'a class''s row cannot be used') FROM test.shortened();
SELECT is(pg_temp.unsettled() || '|' || pg_temp.rooms(), 'class c1|Class 1, Class 2', 'the class stays, and is asked for');
ROLLBACK TO start;

-- rule: SAFE-2
-- The whole file is asked for where the rows that were left out are needed.
SAVEPOINT asking;
DELETE FROM test.sis_class WHERE id = 'c1';
SELECT is(p_wrong, NULL, 'a class goes and its enrollments stay') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.findings('enrollment.class'), 'enrollments|c1/ann c1/bob', 'the whole file is asked for');
SELECT is(p_wrong, NULL, 'the next night') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || pg_temp.sent(), '-|c1/ann c1/bob', 'they are known');
SELECT test.class('c1', 'Class 1');
SELECT is(p_wrong, NULL, 'the class is back') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || test.members('c1') || '|' || pg_temp.unsettled(), '-|ann bob|', 'and so is its roster');
ROLLBACK TO asking;
SELECT test.drop_class('c1');
SELECT is(p_wrong, NULL, 'a class goes with its enrollments') FROM test.shortened();
SELECT is(pg_temp.asked(), NULL, 'nothing more is needed');
ROLLBACK TO asking;
DELETE FROM test.sis_person WHERE id = 'bob';
SELECT is(p_wrong, NULL, 'a person goes and their enrollment stays') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.findings('enrollment.person'), 'enrollments|c1/bob', 'the whole file is asked for');
ROLLBACK TO asking;
SELECT test.teacher('gus', 'Gus', 'Ash', email => 'gus@example.org');
SELECT is(p_wrong, NULL, 'somebody is a guardian no more') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.findings('link.pair'), 'links|ann', 'the student''s row is asked for');
ROLLBACK TO asking;
SELECT test.student('ann', 'Ann', 'Ash'), test.student('cyd', 'Cyd', 'Cedar'), test.night();
SELECT test.teacher('gus', 'Gus', 'Ash', email => 'gus@example.org'), test.drop_person('cyd'), test.teacher('hal', 'Hal', 'Birch');
SELECT is(p_wrong, NULL, 'somebody of whom no student''s row says it is a guardian no more') FROM test.shortened();
SELECT is(pg_temp.asked(), NULL, 'nothing more is needed');
ROLLBACK TO asking;
SELECT test.teacher('gus', 'Gus', 'Ash', email => 'gus@example.org'), test.student('ann', 'Anna', 'Ash', agents => '{gus}');
SELECT is(p_wrong, NULL, 'one of whom a row says it that is there') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || test.findings('link.pair'), '-|ann', 'nothing more is needed');
ROLLBACK TO asking;
SELECT test.teacher('gus', 'Gus', 'Ash', email => 'gus@example.org'), test.drop_person('ann');
SELECT is(p_wrong, NULL, 'one of whom somebody said it who leaves') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || test.findings('link.pair'), '-|', 'nothing more is needed');
ROLLBACK TO asking;
SELECT test.bad('person', NULL), test.drop_person('bob');
SELECT is(p_wrong, NULL, 'a person''s id cannot be read') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.schools('bob') || '|' || coalesce(pg_temp.digest()::text, 'none'), 'unreadable|s1|none', 'nobody goes, and the next file is staged whole');
ROLLBACK TO asking;
SELECT test.bad('enrollment', NULL), test.drop_enroll('c1', 'bob');
SELECT is(p_wrong, NULL, 'an enrollment''s id cannot be read') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.members('c1') || '|' || coalesce(pg_temp.digest()::text, 'none'), 'unreadable|ann bob|none', 'nor does it');
ROLLBACK TO asking;
SELECT test.bad('class', NULL), test.drop_class('c2');
SELECT is(p_wrong, NULL, 'a class''s id cannot be read') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || pg_temp.rooms() || '|' || coalesce(pg_temp.digest()::text, 'none'), 'unreadable|Class 1, Class 2|none', 'no class goes either');
ROLLBACK TO asking;
DELETE FROM test.sis_org WHERE id = 's2';
SELECT is(p_wrong, NULL, 'a school without classes goes') FROM test.shortened();
SELECT is(pg_temp.asked(), NULL, 'nothing more is needed');
ROLLBACK TO asking;
DELETE FROM test.sis_org WHERE id = 's1';
SELECT is(p_wrong, NULL, 'a school goes and its classes stay') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.findings('class.school'), 'classes|c1 c2', 'the whole file is asked for');
SELECT test.org('s1', 'School 1');
SELECT is(p_wrong, NULL, 'it is back') FROM test.shortened();
SELECT is(test.findings() || '|' || pg_temp.rooms() || '|' || pg_temp.unsettled(), '|Class 1, Class 2|', 'and so are they');
ROLLBACK TO asking;
INSERT INTO test.sis_role SELECT d, 'r-' || id, id, unnest(roles), 's1' FROM test.sis_person;
SELECT is(p_wrong, NULL, 'roles.csv comes') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || pg_temp.sent(), '-|ann bob cyd gus hal', 'a complete one is in the people''s rows');
SELECT is(p_wrong, NULL, 'again') FROM test.shortened();
SELECT is(coalesce(pg_temp.asked(), '-') || '|' || pg_temp.sent(), '-|', 'as they were');
SELECT test.delta('roles.csv'), test.role('r-bob', 'bob', 'student', 's2');
SELECT is(p_wrong, NULL, 'roles come as a delta') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.schools('bob'), 'roles|s1 s2', 'which is laid over whole people');
ROLLBACK TO asking;

-- rule: SAFE-3
SELECT test.setting('removal_limit_min', '0'), test.setting('removal_limit_percent', '1'), test.setting('on_limit', 'hold-all');
SELECT test.drop_person('bob');
SELECT is(p_wrong, NULL, 'what is held is held') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || (SELECT state FROM rosterd.run ORDER BY run_id DESC LIMIT 1), 'guard|held', 'as a whole file, which it shows');
SELECT is(stage.offered_digest(test.d()), NULL, 'as is every file while it waits');
ROLLBACK TO asking;
SELECT test.setting('removal_limit_min', '0'), test.setting('removal_limit_percent', '1');
SELECT test.drop_person('bob');
SELECT is(p_wrong, NULL, 'what is withheld is withheld') FROM test.shortened();
SELECT is(pg_temp.asked() || '|' || test.schools('bob') || '|' || coalesce(pg_temp.digest()::text, 'none'), 'guard|s1|none', 'of a whole file, and the digest of it is none of the mirror');
UPDATE rosterd.hold SET closed_at = now();
UPDATE sis.judged SET digest = gen_random_uuid();
SELECT is(stage.offered_digest(test.d()), NULL, 'what waits is in no digest');
UPDATE sis.person SET loss_withheld = false;
UPDATE sis.enrollment SET loss_withheld = false;
UPDATE sis.link SET loss_withheld = false;
CREATE FUNCTION pg_temp.offered_beside(p_kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_answer text;
BEGIN
    EXECUTE format('UPDATE sis.%I SET loss_withheld = true', p_kind);
    v_answer := p_kind || ' ' || (stage.offered_digest(test.d()) IS NULL);
    EXECUTE format('UPDATE sis.%I SET loss_withheld = false', p_kind);
    RETURN v_answer;
END $$;
SELECT is((SELECT string_agg(pg_temp.offered_beside(k), ', ') FROM unnest('{org,class,person,link,enrollment}'::text[]) k),
          'org true, class true, person true, link true, enrollment true', 'whatever it is');
SELECT isnt(stage.offered_digest(test.d()), NULL, 'but for that there would be one');
ROLLBACK TO asking;

-- rule: SAFE-8
-- An act between plan and apply that makes it a matter of the guard.
SELECT test.setting('removal_limit_min', '1'), test.setting('removal_limit_percent', '1');
SELECT test.drop_enroll('c1', 'bob');
SELECT test.begin_run() AS run \gset
SELECT is(test.plan(:run) ->> 'verdict', 'apply', 'a plan of a shortened slot');
SELECT test.setting('removal_limit_min', '0');
UPDATE rosterd.run SET settings_version = (SELECT settings_version FROM rosterd.district WHERE district_id = test.d()) WHERE run_id = :run;
SELECT api.mark_people(test.d(), ARRAY[test.person('gus')]);
SELECT throws_ok(format('SELECT test.apply(%s)', :run), 'RS104', format('after what was done by hand, run %s would be held', :run), 'that would take away too much after all');
UPDATE stage.slot SET files = files #- '{classes.csv,shortened}' #- '{users.csv,shortened}' #- '{enrollments.csv,shortened}';
SELECT lives_ok(format('SELECT test.apply(%s)', :run), 'of a whole one it is withheld then and there');
ROLLBACK TO asking;

-- rule: SAFE-7
-- Asking leaves nothing behind.
DELETE FROM test.sis_class WHERE id = 'c1';
SELECT test.begin_run() AS run \gset
SELECT is(test.plan(:run), '{"verdict": "whole", "reason": "enrollments"}', 'a run asks for the whole file');
SELECT is((SELECT state || ' ' || (counts = '{}') || ' ' || (planned_at IS NULL) FROM rosterd.run WHERE run_id = :run), 'planning true true', 'and goes on');
SELECT is(test.findings(), '', 'nobody is told of what was found so far');
SELECT throws_ok(format('SELECT test.apply(%s)', :run), 'RS105', format('run %s has no plan', :run), 'nor can it be applied');
ROLLBACK TO asking;
SELECT test.begin_run() AS run \gset
UPDATE sis.judged SET digest = gen_random_uuid();
SELECT is(test.plan(:run), '{"verdict": "whole", "reason": "digest"}', 'rows left out by the digest of another mirror are asked for');
UPDATE sis.judged SET digest = NULL;
SELECT is(test.plan(:run), '{"verdict": "whole", "reason": "digest"}', 'or of none');
ROLLBACK TO asking;

-- When a digest is one of the mirror.
SELECT pg_temp.digest() AS digest \gset
UPDATE sis.judged SET rules_version = 0;
SELECT test.night(p_file => false);
SELECT is(pg_temp.digest(), :'digest', 'the rules alone leave it so');
SELECT test.setting('preview_only', 'true');
SELECT is(stage.offered_digest(test.d()), NULL, 'a preview shows a whole file');
SELECT test.setting('preview_only', 'false'), test.setting('file_reading', 'strict');
SELECT is(stage.offered_digest(test.d()), NULL, 'a strict reading is of a whole one');
SELECT test.setting('file_reading', 'lenient');
SELECT is(stage.offered_digest(test.d()), :'digest', 'else it is offered');
SAVEPOINT digest;
SELECT test.delta('users.csv'), test.night();
SELECT is(pg_temp.digest(), NULL, 'a delta of people is in none');
ROLLBACK TO digest;
SELECT test.delta('enrollments.csv'), test.night();
SELECT is(pg_temp.digest(), NULL, 'nor one of enrollments');
ROLLBACK TO digest;
SELECT test.delta('classes.csv'), test.night();
SELECT is(pg_temp.digest(), NULL, 'nor one of classes');
ROLLBACK TO digest;
INSERT INTO test.sis_absent VALUES (test.d(), 'enrollments.csv');
SELECT test.night();
SELECT is(pg_temp.digest(), NULL, 'nor a package without one of the files');
ROLLBACK TO digest;
CREATE OR REPLACE FUNCTION sync.unsettled_most() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 2::bigint';
SELECT test.enroll('c9', 'ann'), test.enroll('c1', 'zed'), test.night();
SELECT isnt(pg_temp.digest(), NULL, 'some records may be unsettled');
SELECT test.enroll('c9', 'bob'), test.night();
SELECT is(coalesce(pg_temp.digest()::text, 'none') || '|' || pg_temp.unsettled(), 'none|', 'not more');
ROLLBACK TO digest;

-- rule: ABN-E3
SELECT test.enroll('c9', 'ann'), test.night();
SELECT rosterd.erase_person(test.d(), test.person('ann'), 'a reason');
SELECT is(coalesce(pg_temp.digest()::text, 'none') || '|' || pg_temp.unsettled(), 'none|', 'a digest with who was erased is none, and nothing is said of their rows');
ROLLBACK TO digest;

-- rule: CRED-9
SELECT rosterd.link_person(test.d(), test.person('gus'), 'hal', 'a reason');
SELECT is(pg_temp.digest(), NULL, 'a record that is given to somebody by hand makes it void');
ROLLBACK TO digest;

-- Whoever writes what a file is compared with has a word to say about the digest.
SELECT set_eq($$
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace IN ('rosterd'::regnamespace, 'stage'::regnamespace, 'sync'::regnamespace, 'api'::regnamespace)
      AND regexp_replace(p.prosrc, '--[^\n]*', '', 'g') ~* '\m(UPDATE|INTO|DELETE\s+FROM)\s+(ONLY\s+)?sis\.(?!judged|unsettled)'
      AND p.prosrc !~ 'sis\.judged[^;]*digest'
    $$, $$ VALUES
    -- steps of sync.apply, which ends with sync.apply_digest
    ('sync.apply_mirror(smallint)'), ('sync.apply_mirror_people(smallint)'), ('sync.apply_mirror_roles(smallint)'), ('sync.apply_withheld(smallint)')
    $$, 'but for these');
SELECT matches((SELECT prosrc FROM pg_proc WHERE oid = 'sync.apply(bigint)'::regprocedure), 'sync\.apply_withheld.*sync\.apply_digest', 'whose last word it is');
SELECT * FROM finish();
ROLLBACK;
