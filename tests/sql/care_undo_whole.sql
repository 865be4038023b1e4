-- An undo puts back exactly what its run did, row by row, beside a district with the same ids, numbers and changes;
-- what came before the run and what came after it stays.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(12);
SELECT test.district();
SELECT test.setting('update_active_users', 'true'), test.setting('phone_is_credential', 'true'), test.org('s2', 'School 2');
SELECT test.class('c' || n, 'Class ' || n) FROM generate_series(1, 9) n;
SELECT test.student(n, initcap(n), 'Ash') FROM unnest('{ann,bob,dec,old,eva,two,pam}'::text[]) n;
SELECT test.student('two', 'Two', 'Ash', schools => '{s1,s2}');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org'), test.guardian('hal', 'Hal', 'Ash', '{bob}', email => 'hal@example.org'),
       test.guardian('mia', 'Mia', 'Ash', '{bob,eva}', email => 'm1@example.org'), test.guardian('ned', 'Ned', 'Ash', '{bob}', email => 'm2@example.org'),
       test.guardian('dog', 'Dog', 'Ash', '{dec}', email => 'dog@example.org'), test.guardian('pip', 'Pip', 'Ash', '{bob}', email => 'pip@example.org', phone => '+12125550101'),
       test.guardian('jon', 'Jon', 'Ash', '{bob}', email => 'jon@example.org'), test.guardian('rex', 'Rex', 'Ash', '{bob}', email => 'rex@example.org'),
       test.guardian('kim', 'Kim', 'Ash', '{bob}', email => 'kim@example.org', sms => '+12125550105'), test.guardian('liv', 'Liv', 'Ash', '{bob}', email => 'liv@example.org'),
       test.guardian('una', 'Una', 'Ash', '{eva,pam}', email => 'una@example.org'), test.guardian('wit', 'Wit', 'Ash', '{pam}', email => 'wit@example.org');
-- whom the bad file gives somebody else's address: bea and cam are active, din is not, and cam alone has something besides
SELECT test.guardian('bea', 'Bea', 'Ash', '{bob}', email => 'bea@example.org'), test.guardian('ben', 'Ben', 'Ash', '{bob}', email => 'ben@example.org'),
       test.guardian('cam', 'Cam', 'Ash', '{bob}', sms => '+12125550110'), test.guardian('cob', 'Cob', 'Ash', '{bob}', email => 'cob@example.org'),
       test.guardian('din', 'Din', 'Ash', '{bob}', email => 'din@example.org'), test.guardian('dob', 'Dob', 'Ash', '{bob}', email => 'dob@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.enroll('c1', n) FROM unnest('{ann,bob,eva,old,pam}'::text[]) n;
SELECT test.enroll('c9', 'dec'), test.enroll('c2', 'bob'), test.enroll('c2', 'pam'), test.enroll('c1', 'tea', 'teacher'), test.enroll('c3', 'bob'), test.enroll('c6', 'bob');
SELECT test.sync();
SELECT test.accept(n) FROM unnest('{rex,una,bea,cam}'::text[]) n;
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@example.org') AS leader \gset
SELECT api.set_sis_rostering(test.d(), :leader, test.school('s1'), true), api.set_sis_rostering(test.d(), :leader, test.school('s2'), true);
SELECT api.add_student(test.d(), :leader, test.classroom('c4'), test.person('ann'));
-- a leader has said whose pip's number is
UPDATE directory.credential SET vouched = true WHERE district_id = test.d() AND value = '+12125550101';
INSERT INTO audit.change (district_id, run_id, rule, relation, key, before) VALUES (test.d(), 0, 'x', 'directory.credential', '{"value": "once@example.org"}', jsonb_build_object('person_id', test.person('dog')));
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), test.person('tea'), test.school('s1'), 'school_leader', false, true);
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) VALUES (test.d(), test.classroom('c1'), test.person('tea'), 'student', false, true);
-- c6 is disconnected when its class leaves
SELECT test.setting('abandoned_classrooms', 'disconnect'), test.drop_class('c6'), test.sync(), test.setting('abandoned_classrooms', 'archive');
-- a run before it, which is not undone, and did something to hal, too
SELECT test.drop_enroll('c1', 'old'), test.guardian('hal', 'Harold', 'Ash', '{bob}', email => 'hal@example.org'), test.class('c5', 'Before'), test.sync();

CREATE FUNCTION pg_temp.rows_of(d bigint) RETURNS TABLE (relation text, line jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{school,classroom,person,credential,role,membership,relationship}'::text[] LOOP
        RETURN QUERY EXECUTE format('SELECT %1$L, to_jsonb(x) - ''created_by_run'' - ''updated_at'' FROM directory.%1$I x WHERE x.district_id = $1', v_table) USING d;
    END LOOP;
    RETURN QUERY SELECT 'invitation', jsonb_build_object('person_id', i.person_id, 'value', i.value) FROM directory.invitation i WHERE i.district_id = d AND i.state = 'open';
END $$;
CREATE TEMP TABLE good AS SELECT * FROM pg_temp.rows_of(test.d());

-- The bad file.
SELECT test.org('s2', 'School Two'), test.class('c1', 'Class One'), test.drop_class('c2'), test.drop_class('c3'), test.class('c6', 'Class 6'), test.enroll('c6', 'bob');
SELECT test.drop_person('ann'), test.drop_person('tea'), test.drop_enroll('c1', 'bob'), test.drop_enroll('c1', 'eva'), test.student('two', 'Two', 'Ash');
SELECT test.guardian('gus', 'Gus', 'Ash', '{}', email => 'gus@example.org'), test.guardian('hal', 'Harry', 'Ash', '{bob}', email => 'hal2@example.org'),
       test.guardian('mia', 'Mia', 'Ash', '{bob,eva}', email => 'm2@example.org'), test.guardian('ned', 'Ned', 'Ash', '{bob}', email => 'm1@example.org'),
       test.guardian('pip', 'Pip', 'Ash', '{bob}', email => 'pip@example.org', sms => '+12125550101'), test.guardian('jon', 'Jonny', 'Ash', '{bob}', email => 'jon2@example.org'),
       test.guardian('rex', 'Rexy', 'Ash', '{bob}', email => 'rex2@example.org'),
       test.guardian('kim', 'Kim', 'Ash', '{bob}', sms => '+12125550105'), test.guardian('liv', 'Liv', 'Ash', '{bob}', email => 'kim@example.org'),
       test.guardian('una', 'Una', 'Ash', '{pam}', email => 'una@example.org'), test.guardian('wit', 'Wit', 'Ash', '{pam}');
SELECT test.guardian('bea', 'Bee', 'Ash', '{bob}', email => 'ben@example.org'), test.guardian('ben', 'Ben', 'Ash', '{bob}', email => 'ben2@example.org'),
       test.guardian('cam', 'Cam', 'Ash', '{bob}', email => 'cob@example.org', sms => '+12125550110'), test.guardian('cob', 'Cob', 'Ash', '{bob}', email => 'cob2@example.org'),
       test.guardian('din', 'Din', 'Ash', '{bob}', email => 'dob@example.org'), test.guardian('dob', 'Dob', 'Ash', '{bob}', email => 'dob2@example.org');
SELECT test.student('new', 'New', 'Ash');
SELECT test.sync() AS run \gset
CREATE TEMP TABLE bad AS SELECT * FROM pg_temp.rows_of(test.d());

-- Since then: jon and liv have accepted, eva was put in and taken out again, c3 is back by hand, what bea and din
-- had is somebody else's; c1 and hal were pinned for a while.
SELECT test.accept('jon'), test.accept('liv');
SELECT api.add_student(test.d(), :leader, test.classroom('c1'), test.person('eva'));
SELECT api.remove_member(test.d(), :leader, test.classroom('c1'), test.person('eva'));
SELECT api.unarchive_classroom(test.d(), :leader, test.classroom('c3'));
SELECT api.add_guardian(test.d(), :leader, test.person('bob'), 'Xan', 'Xylo', 'bea@example.org', NULL, NULL) AS xan, api.add_guardian(test.d(), :leader, test.person('bob'), 'Yan', 'Yew', 'din@example.org', NULL, NULL) AS yan \gset
INSERT INTO good SELECT * FROM pg_temp.rows_of(test.d()) WHERE (line ->> 'person_id')::bigint IN (:xan, :yan) OR (line ->> 'guardian_id')::bigint IN (:xan, :yan);
SELECT rosterd.pin(test.d(), 'classroom', test.classroom('c1'), 'for a while'), rosterd.pin(test.d(), 'person', test.person('hal'), 'for a while');
SELECT rosterd.unpin(test.d(), 'classroom', test.classroom('c1')), rosterd.unpin(test.d(), 'person', test.person('hal'));
DELETE FROM sync.mark WHERE district_id = test.d();
-- dog's invitations are in need of a look, which shows when they have one
DELETE FROM directory.invitation WHERE district_id = test.d() AND person_id = test.person('dog');
CREATE TEMP TABLE after AS SELECT * FROM pg_temp.rows_of(test.d());

-- Next door a change of each number, of the same run, and of those to come, about rows that have not changed here.
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS door \gset
INSERT INTO rosterd.district (slug, name) VALUES ('far', 'Far') RETURNING district_id AS far \gset
SELECT test.become_opposite(:door, test.d());
UPDATE directory.credential SET vouched = value = 'm1@example.org' WHERE district_id = :door;
INSERT INTO audit.change (district_id, change_id, run_id, rule, relation, key, before, after) OVERRIDING SYSTEM VALUE
SELECT :door, c.change_id, c.run_id, c.rule, c.relation, CASE WHEN c.key ? 'value' AND c.change_id % 2 = 0 THEN '{"value": "nobody@example.org"}' ELSE x.key END, c.before || x.before, c.after
FROM audit.change c
JOIN (SELECT 'directory.classroom' AS relation, jsonb_build_object('classroom_id', test.classroom('c9')) AS key, '{"sis_name": "Wrong"}'::jsonb AS before
      UNION ALL SELECT 'directory.person', jsonb_build_object('person_id', test.person('dog')), '{"given_name": "Wrong"}'
      UNION ALL SELECT 'directory.credential', '{"value": "dog@example.org"}', jsonb_build_object('person_id', test.person('jon'), 'kind', 'sms', 'manual', true)
      UNION ALL SELECT 'directory.role', jsonb_build_object('person_id', test.person('dec'), 'school_id', test.school('s1'), 'role', 'student'), '{"state": "archived"}'
      UNION ALL SELECT 'directory.membership', jsonb_build_object('classroom_id', test.classroom('c9'), 'person_id', test.person('dec'), 'role', 'student'), '{"detached": true}'
      UNION ALL SELECT 'directory.relationship', jsonb_build_object('student_id', test.person('dec'), 'guardian_id', test.person('dog')), '{"suspended": true}') x USING (relation)
WHERE c.district_id = test.d() AND c.run_id = :run;
INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
SELECT :door, :run + n, 'x', c.relation, c.key, c.before, c.before FROM audit.change c CROSS JOIN generate_series(1, 99) n WHERE c.district_id = :door AND c.run_id = :run;
INSERT INTO audit.change (district_id, run_id, rule, relation, key, before)
SELECT :door, :run + n, 'x', 'directory.credential', '{"value": "once@example.org"}', jsonb_build_object('person_id', test.person('dog')) FROM generate_series(1, 99) n;
INSERT INTO audit.change (district_id, rule, relation, key) SELECT :door, 'x', c.relation, c.key FROM audit.change c WHERE c.district_id = test.d() AND c.run_id = :run;
INSERT INTO directory.credential (district_id, person_id, kind, value, manual) VALUES (:door, test.person('bea'), 'email', 'bea.next@example.org', true);
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis) VALUES (:door, test.person('ann'), test.person('dog'), true);
CREATE FUNCTION pg_temp.next_door(d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT test.sum_of(d) || (SELECT string_agg(x::text, '' ORDER BY x.change_id) FROM audit.change x WHERE x.district_id = d) $$;
SELECT pg_temp.next_door(:door) AS next_door \gset

CREATE TEMP TABLE item AS SELECT * FROM sync.undo_items(test.d(), :run);
CREATE FUNCTION pg_temp.undone(p_run bigint, p_preview boolean) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s: %s', u.verdict, string_agg(concat_ws(', ', u.what, nullif(u.why, 'nobody has touched it since')), '; ' ORDER BY u.what COLLATE "C", u.why))
    FROM rosterd.undo(p_run, p_preview) u GROUP BY u.verdict $$;
CREATE FUNCTION pg_temp.pinned(p_kind text, p_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT CASE p_kind WHEN 'person' THEN test.name_of(p_id) ELSE (SELECT c.sourced_id FROM directory.classroom c WHERE c.district_id = test.d() AND c.classroom_id = p_id) END $$;
CREATE FUNCTION pg_temp.said_of(p_sign text, p_relation text, r jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p_sign || p_relation, test.name_of((r ->> 'person_id')::bigint), r ->> 'value', r ->> 'name', r ->> 'sis_name', r ->> 'state', r ->> 'given_name', r ->> 'status') $$;
SELECT 'email of mia; email of ned; email of rex; email of tea; email of wit; guardian una of eva; guardian wit of pam; name of bea; name of hal; name of rex; '
    || 'phone of pip; tea as teacher at school s1; tea in classroom c1; two as student at school s2' AS rest,
       'left: 1 people, the run added them; an undo takes nobody out; classroom c3, it was touched since; email of bea, it was touched since; email of ben, it is the only one that an active person has; email of din, it was touched since; email of jon, the person is active now, so the details are their own; '
    || 'email of kim, the person is active now, so the details are their own; email of liv, the person is active now, so the details are their own; '
    || 'eva in classroom c1, it was touched since; name of jon, it was touched since; school s2, a school follows the SIS' AS kept,
       'ann as student at school s1; ann in classroom c1; ann in classroom c4; bob in classroom c1; bob in classroom c6; classroom c1; classroom c2; classroom c6; email of cob; email of dob; email of hal' AS first \gset

-- rule: UPD-7
SELECT set_eq(format('SELECT * FROM pg_temp.undone(%s, true)', :run), ARRAY['would be put back: ' || :'first' || '; ' || :'rest', :'kept'], 'each row is put back or left, and it is said why');
SELECT set_eq('SELECT * FROM pg_temp.rows_of(test.d())', 'SELECT * FROM after', 'a preview changes none');
SELECT set_eq(format('SELECT * FROM pg_temp.undone(%s, false)', :run), ARRAY['put back: ' || :'first' || '; ' || :'rest', :'kept'], 'the undo says the same');
SELECT is((SELECT string_agg(x.said, ', ' ORDER BY x.said COLLATE "C") FROM (
               SELECT pg_temp.said_of('-', relation, line) AS said FROM (SELECT * FROM good EXCEPT SELECT * FROM pg_temp.rows_of(test.d())) x
               UNION ALL SELECT pg_temp.said_of('+', relation, line) FROM (SELECT * FROM pg_temp.rows_of(test.d()) EXCEPT SELECT * FROM good) x) x),
          '+credential bea ben@example.org, +credential ben ben2@example.org, +credential jon jon2@example.org, +credential liv kim@example.org, +invitation ben ben2@example.org, '
          || '+person jon Jonny active, +person liv Liv active, +person new New invitee, +role new active, +school School Two, '
          || '-credential bea bea@example.org, -credential ben ben@example.org, -credential din din@example.org, -credential jon jon@example.org, -credential kim kim@example.org, '
          || '-credential liv liv@example.org, -invitation ben ben@example.org, -invitation din din@example.org, -invitation dog dog@example.org, -invitation jon jon@example.org, '
          || '-invitation kim kim@example.org, -invitation liv liv@example.org, -membership eva, -person jon Jon invitee, -person liv Liv invitee, -school School 2',
          'everything is as it was before the run, but for what it added and what has been done since');
SELECT set_eq(format('SELECT rule, relation, key, before, after FROM audit.change WHERE district_id = test.d() AND run_id > %s', :run),
              format($$ SELECT 'UPD-7', c.relation, c.key, c.after, c.before FROM audit.change c JOIN item i ON i.change_id = c.change_id AND i.goes WHERE c.district_id = test.d()
                        UNION ALL SELECT 'UPD-7', 'directory.credential', jsonb_build_object('value', v), jsonb_build_object('kind', 'email', 'manual', false, 'person_id', test.person(p)), NULL
                        FROM (VALUES ('hal2@example.org', 'hal'), ('rex2@example.org', 'rex'), ('cob2@example.org', 'cob'), ('dob2@example.org', 'dob')) x (v, p) $$, :run), 'the audit has each of them the other way round, and what had taken its place');
SELECT is((SELECT concat_ws(' ', r.epoch = l.epoch, r.cause, r.state, r.requested_by, r.settings_version = d.settings_version, r.counts) FROM rosterd.run r JOIN rosterd.lease l USING (district_id) JOIN rosterd.district d USING (district_id) WHERE r.undoes = :run),
          format('t undo done %s t %s', session_user, (SELECT jsonb_object_agg(k, jsonb_build_object('added', 0, 'changed', n, 'removed', 0))
                 FROM (VALUES ('roles', 3), ('persons', 3), ('classrooms', 3), ('credentials', 9), ('memberships', 5), ('relationships', 2)) x (k, n))), 'the run counts what it put back');
SELECT is(pg_temp.next_door(:door), :'next_door', 'nothing next door');
SELECT is((SELECT string_agg(pg_temp.pinned(p.kind, p.id) || ' ' || p.pinned_by || ' ' || p.reason, ', ' ORDER BY pg_temp.pinned(p.kind, p.id)) FROM sync.pin p
           WHERE p.district_id = test.d() AND p.undo_run = (SELECT run_id FROM rosterd.run WHERE undoes = :run)),
          (SELECT string_agg(format('%s %s put back by undoing run %s', x, session_user, :run), ', ' ORDER BY x) FROM unnest('{ann,bea,bob,c1,c2,c6,cob,dob,hal,mia,ned,pip,rex,tea,two,una,wit}'::text[]) x),
          'pinned is who and what was put back');
-- rule: UPD-6
SELECT is((SELECT string_agg(coalesce(m.value, m.kind || ':' || pg_temp.pinned(m.kind, m.id), '?'), ' ' ORDER BY m.kind, m.value, pg_temp.pinned(m.kind, m.id)) FROM sync.mark m WHERE m.district_id = test.d()),
          'classroom:c1 classroom:c2 classroom:c6 +12125550101 ben@example.org cob@example.org dob@example.org hal@example.org m1@example.org m2@example.org pip@example.org rex@example.org tea@example.org una@example.org wit@example.org '
          || 'person:ann person:bea person:bob person:cob person:dob person:hal person:mia person:ned person:pip person:rex person:tea person:two person:una person:wit', 'and is looked at by the next run');

-- rule: SAFE-8
CREATE FUNCTION pg_temp.gate(p_run bigint, p_preview boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_modes text;
BEGIN
    PERFORM FROM rosterd.undo(p_run, p_preview);
    SELECT string_agg(l.mode, ' ') INTO v_modes FROM pg_locks l JOIN rosterd.run r ON r.run_id = p_run
    WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = sync.gate_key(r.district_id);
    RETURN v_modes;
END $$;
INSERT INTO rosterd.run (district_id, epoch, cause, state, applied_at, ended_at)
VALUES (:far, 7, 'schedule', 'done', clock_timestamp(), clock_timestamp()) RETURNING run_id AS far_run \gset
SELECT is(concat_ws(', ', pg_temp.gate(:far_run, true), pg_temp.gate(:far_run, NULL)), 'ShareLock, ShareLock', 'a preview goes in with the others');
SELECT is(pg_temp.gate(:far_run, false), 'ShareLock ExclusiveLock', 'an undo closes the gate');
SELECT is((SELECT epoch || ' ' || counts FROM rosterd.run WHERE undoes = :far_run), '0 {}', 'one that has nothing to put back is a run, too');
SELECT * FROM finish();
ROLLBACK;
