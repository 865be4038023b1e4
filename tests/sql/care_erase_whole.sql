-- Erasing takes out exactly what is of the one person, in every table, beside a district with the same ids and
-- numbers; and exactly those are looked at again whom it may change.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(26);
SELECT test.district();
SELECT test.setting('phone_is_credential', 'true');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
-- two ids that differ by a sign that means something in a pattern
SELECT test.student('z.s', 'Zq', 'Stu', email => 'stu@zq.example'), test.student('zxs', 'Bob', 'Birch', email => 'bob@example.org'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('z.g', 'Zq', 'Gua', '{z.s,zxs}', email => 'gua@zq.example', sms => '+12125550101', phone => '+12125550102');
SELECT test.guardian('hal', 'Hal', 'Birch', '{zxs}', email => 'hal@example.org'), test.guardian('gwen', 'Gwen', 'Cedar', '{cyd}', email => 'gwen@example.org');
-- two who are not added, for they share the only address they have: una for the student, uri for bob
SELECT test.guardian('una', 'Una', 'Umber', '{z.s}', email => 'una@example.org', sms => '+12125550103', phone => '+12125550104');
SELECT test.guardian('uri', 'Uri', 'Usk', '{zxs}', email => 'una@example.org', sms => '+12125550103', phone => '+12125550104');
SELECT test.teacher('z.t', 'Zq', 'Tea', 'tea@zq.example'), test.teacher('tom', 'Tom', 'Teller', 'tom@example.org');
SELECT test.enroll('c1', 'z.s'), test.enroll('c1', 'zxs'), test.enroll('c2', 'cyd'), test.enroll('c1', 'z.t', 'teacher'), test.enroll('c2', 'tom', 'teacher');
SELECT test.sync();
SELECT rosterd.appoint_leader(test.d(), NULL, 'Lee', 'Leader', 'lee@example.org') AS leader \gset
SELECT rosterd.grant_users_manager(test.d(), :leader);
SELECT test.person('z.s') AS stu, test.person('zxs') AS bob, test.person('z.g') AS gua, test.person('gwen') AS gwen, test.person('z.t') AS tea, test.person('hal') AS hal \gset
SELECT api.add_guardian(test.d(), :leader, :stu, 'Han', 'Hand', 'han@example.org', NULL, NULL) AS han \gset
SELECT api.add_guardian(test.d(), :leader, :bob, 'Zq', 'Gua', 'gua@zq.example', NULL, NULL);
SELECT api.enable_student_account(test.d(), :leader, :stu), api.enable_student_account(test.d(), :leader, :bob);
-- of each table a row of theirs and one of somebody else's
INSERT INTO directory.notice (district_id, person_id, kind, value, what) SELECT test.d(), p, 'sms', '+12125550109', 'address_replaced' FROM unnest(ARRAY[:stu, :gua, :tea, :hal]) p;
INSERT INTO directory.users_manager (district_id, person_id) SELECT test.d(), p FROM unnest(ARRAY[:stu, :gua, :tea]) p;
INSERT INTO directory.backpack_item (district_id, classroom_id, student_id, title, created_by)
SELECT test.d(), test.classroom('c1'), s, 'a leaf', p FROM unnest(ARRAY[:stu, :bob]) s CROSS JOIN unnest(ARRAY[:stu, :bob, :tea]) p;
INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by) SELECT test.d(), k, p, 'asked for', 'csm' FROM unnest(ARRAY[:stu, :gua, :tea, :hal]) p CROSS JOIN unnest('{person,classroom}'::text[]) k;
INSERT INTO sync.offered VALUES (test.d(), 1, 'z.s', 'n1'), (test.d(), 1, 'o1', 'z.s'), (test.d(), 1, 'z.g', 'n2'), (test.d(), 1, 'o2', 'z.g'), (test.d(), 1, 'zxs', 'n3');
INSERT INTO sis.unsettled VALUES (test.d(), 'person', 'hal');
INSERT INTO sis.role (district_id, person, role, org, sourced_id, changed_by_run) SELECT test.d(), p, 'student', 's1', 'r/' || p, 1 FROM unnest('{z.s,z.g,z.t,hal}'::text[]) p;
INSERT INTO rosterd.finding (district_id, run_id, severity, code, file, sourced_id, person_id, message)
SELECT test.d(), max(r.run_id), 'warning', 'x', f.file, f.id, f.person, f.message
FROM rosterd.run r CROSS JOIN (VALUES
    ('users.csv', 'z.s', NULL::bigint, 'of users'), ('roles.csv', 'z.s', NULL, 'of roles'), (NULL, 'z.s', NULL, 'of the rules'), ('classes.csv', 'z.s', NULL, 'of the class of that id'),
    ('enrollments.csv', 'c1/z.s', NULL, 'of a place'), ('classes.csv', 'c1/z.s', NULL, 'of the class with that id'), ('enrollments.csv', 'c1/zxs', NULL, 'of the place of another'),
    ('classes.csv', 'c1', :stu, 'of the number'), ('users.csv', 'zxs', :bob, 'of another'),
    ('users.csv', 'zxs', NULL, 'Claimed by: z.s, zxs, z.s.'), (NULL, 'zxs', NULL, format('Claimed by: account %s, account %s1.', :stu, :stu)), (NULL, 'zxs', NULL, 'z.s has come, says nobody')) f (file, id, person, message)
GROUP BY f.file, f.id, f.person, f.message;
INSERT INTO audit.change (district_id, rule, relation, key, before, after)
SELECT test.d(), 'x', a.relation, a.key::jsonb, a.before::jsonb, a.after::jsonb FROM (VALUES
    ('sis.person', '{"sourced_id": "z.s"}', NULL, '{"of": "the record"}'), ('sis.class', '{"sourced_id": "z.s"}', NULL, '{"of": "the class of that id"}'), ('sis.person', '{"sourced_id": "zxs"}', NULL, '{"of": "another record"}'),
    ('sis.person', '{"sourced_id": "zxs"}', format('{"person_id": %s}', :stu), format('{"person_id": %s}', :bob)), ('sis.person', '{"sourced_id": "zxs"}', format('{"person_id": %s}', :bob), format('{"person_id": %s}', :stu)),
    ('directory.credential', '{"value": "v1"}', format('{"person_id": %s}', :stu), NULL), ('directory.credential', '{"value": "v2"}', NULL, format('{"person_id": %s}', :stu)), ('directory.credential', '{"value": "v3"}', NULL, format('{"person_id": %s}', :bob)),
    ('directory.relationship', format('{"student_id": %s, "guardian_id": %s}', :stu, :hal), NULL, '{}'), ('directory.relationship', format('{"student_id": %s, "guardian_id": %s}', :bob, :gua), NULL, '{}'),
    ('directory.relationship', format('{"student_id": %s, "guardian_id": %s}', :bob, :hal), NULL, '{}'), ('directory.role', format('{"person_id": %s, "school_id": 1}', :tea), NULL, '{}'),
    ('directory.classroom', format('{"classroom_id": %s}', :stu), NULL, '{"of": "the classroom of that number"}')) a (relation, key, before, after);
-- What is marked already of the person goes, too.
DELETE FROM sync.mark WHERE district_id = test.d();
INSERT INTO sync.mark (district_id, kind, id, value) VALUES (test.d(), 'person', :stu, NULL), (test.d(), 'credential', NULL, 'stu@zq.example'), (test.d(), 'classroom', :stu, NULL),
    (test.d(), 'person', :leader, NULL), (test.d(), 'credential', NULL, 'lee@example.org');
-- Who else claims what becomes free: each way once. What nobody else claims is noted nowhere.
UPDATE sis.person SET email = 'stu@zq.example', sms = '+12125550101' WHERE district_id = test.d() AND sourced_id = 'tom';
UPDATE sis.person SET email = 'own@zq.example', sms = '+12125550106' WHERE district_id = test.d() AND sourced_id = 'cyd';
UPDATE sis.person SET sms = '+12125550105' WHERE district_id = test.d() AND sourced_id IN ('z.s', 'gwen');
UPDATE sis.person SET phone = '+12125550106' WHERE district_id = test.d() AND sourced_id = 'z.s';
UPDATE sis.person SET email = 'stated@zq.example' WHERE district_id = test.d() AND sourced_id = 'z.g';
UPDATE sis.person SET email = 'gua@zq.example', phone = '+12125550107' WHERE district_id = test.d() AND sourced_id = 'gwen';
UPDATE sis.person SET sms = 'stated@zq.example', email = 'sib@zq.example' WHERE district_id = test.d() AND sourced_id = 'hal';
UPDATE sis.person SET phone = 'both@zq.example' WHERE district_id = test.d() AND sourced_id IN ('uri', 'z.g', 'z.t');
-- A guardian in the mirror alone, and a student whom the mirror alone gives the guardian.
INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run) VALUES (test.d(), 'z.s', 'tom', true, false, false, 1), (test.d(), 'cyd', 'z.g', true, false, false, 1);

-- gwen has no invitation, which shows when her invitations are looked at
DELETE FROM directory.invitation WHERE district_id = test.d() AND person_id = :gwen;

-- Next door the same ids and numbers, and besides what must not be taken for what is here.
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS door \gset
INSERT INTO rosterd.district (slug, name) VALUES ('far', 'Far') RETURNING district_id AS far \gset
SELECT test.become_opposite(:door, test.d());
INSERT INTO audit.change (district_id, rule, relation, key, before, after) SELECT :door, rule, relation, key, before, after FROM audit.change WHERE district_id = test.d();
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis) SELECT :door, s, g, true
FROM (VALUES (:stu, :gwen), (:gwen, :gua)) x (s, g);
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (:door, test.classroom('c2'), :stu, 'student', true);
INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run) VALUES (:door, 'z.s', 'gwen', true, false, false, 1);
UPDATE directory.credential SET person_id = :stu WHERE district_id = :door AND value = 'bob@example.org';
UPDATE sis.person SET person_id = :gwen WHERE district_id = :door AND sourced_id IN ('z.t', 'z.g', 'una', 'tom');
UPDATE sis.person SET email = 'tea@zq.example', sms = '+12125550102' WHERE district_id = :door AND sourced_id = 'gwen';
UPDATE sis.person SET email = 'own@zq.example' WHERE district_id = :door AND sourced_id IN ('z.s', 'una');
UPDATE sis.person SET person_id = :stu WHERE district_id = :door AND sourced_id = 'cyd';

CREATE TEMP TABLE before AS SELECT * FROM test.rows_of(test.d());
-- Is it of this person: of their number, or of their id?
CREATE FUNCTION pg_temp.is_of(p_row jsonb, p_person bigint, p_id text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM unnest(ARRAY[p_row, p_row -> 'key', p_row -> 'before', p_row -> 'after']) r
                   WHERE p_person::text IN (r ->> 'person_id', r ->> 'student_id', r ->> 'guardian_id')
                      OR p_id IN (r ->> 'sourced_id', r ->> 'person', r ->> 'student', r ->> 'guardian', r ->> 'old_id', r ->> 'new_id')
                      OR r ->> 'kind' = 'person' AND r ->> 'id' = p_person::text) $$;
CREATE FUNCTION pg_temp.said_of(p_relation text, r jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p_relation, r ->> 'message', r ->> 'value', r ->> 'title', r ->> 'state', r ->> 'act', r -> 'after' ->> 'of') $$;
-- Of theirs what stays; of others what goes; what comes, but for marks.
CREATE FUNCTION pg_temp.stays(p_person bigint, p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(pg_temp.said_of(b.relation, b.line), ', ' ORDER BY pg_temp.said_of(b.relation, b.line) COLLATE "C")
    FROM before b JOIN test.rows_of(test.d()) n ON n.relation = b.relation AND n.place = b.place AND n.line = b.line WHERE pg_temp.is_of(b.line, p_person, p_id) $$;
CREATE FUNCTION pg_temp.goes(p_person bigint, p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(pg_temp.said_of(x.relation, x.line), ', ' ORDER BY pg_temp.said_of(x.relation, x.line) COLLATE "C")
    FROM (SELECT * FROM before EXCEPT SELECT * FROM test.rows_of(test.d())) x WHERE NOT pg_temp.is_of(x.line, p_person, p_id) $$;
CREATE FUNCTION pg_temp.comes() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(pg_temp.said_of(x.relation, x.line), ', ' ORDER BY pg_temp.said_of(x.relation, x.line) COLLATE "C")
    FROM (SELECT * FROM test.rows_of(test.d()) EXCEPT SELECT * FROM before) x WHERE x.relation <> 'sync.mark' $$;
CREATE FUNCTION pg_temp.counts(p_erased bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(c.key || ' ' || c.value, ', ' ORDER BY c.key) FROM audit.change a, jsonb_each(a.after -> 'rows') c
    WHERE a.district_id = test.d() AND a.relation = 'rosterd.erase_person' AND a.key ->> 'person_id' = p_erased::text $$;
CREATE FUNCTION pg_temp.marks() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.said, ' ' ORDER BY x.said) FROM (
        SELECT DISTINCT coalesce(m.value, m.kind || ':' || CASE m.kind WHEN 'person' THEN coalesce(p.sourced_id, p.given_name, '-') ELSE coalesce(c.sourced_id, '-') END) COLLATE "C" AS said
        FROM sync.mark m
        LEFT JOIN directory.person p ON m.kind = 'person' AND p.district_id = m.district_id AND p.person_id = m.id
        LEFT JOIN directory.classroom c ON m.kind = 'classroom' AND c.district_id = m.district_id AND c.classroom_id = m.id
        WHERE m.district_id = test.d()) x $$;
CREATE FUNCTION pg_temp.next_door(d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT test.sum_of(d) || (SELECT string_agg(x::text, '' ORDER BY x.change_id) FROM audit.change x WHERE x.district_id = d) $$;
CREATE FUNCTION pg_temp.in_slot(p_slot smallint) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) > 0 FROM stage.person x WHERE x.slot = p_slot), (SELECT count(*) > 0 FROM sync.after_org x WHERE x.slot = p_slot),
                     (SELECT count(*) > 0 FROM sync.plan_person x WHERE x.slot = p_slot), (SELECT count(*) > 0 FROM sync.scope x WHERE x.slot = p_slot)) $$;
-- the neighbour's slot is at work, the other is not
UPDATE stage.slot SET run_id = 0 WHERE slot = 7;
SELECT is(pg_temp.in_slot(0::smallint), 't t t t', 'a run has left its records in a slot');
SELECT pg_temp.next_door(:door) AS next_door \gset
SAVEPOINT start;

-- rule: ABN-E3
SELECT matches(rosterd.erase_person(test.d(), :stu, 'asked for'), ': 34 rows.*makes a new person of it', 'a student is erased');
SELECT is(pg_temp.stays(:stu, 'z.s'), 'audit.change the class of that id, rosterd.finding of the class of that id', 'of theirs stays only what is of a class of that id');
SELECT is(pg_temp.goes(:stu, 'z.s'),
          format('directory.backpack_item a leaf, directory.invitation han@example.org open, rosterd.finding Claimed by: account %1$s, account %1$s1., rosterd.finding Claimed by: z.s, zxs, z.s., rosterd.finding of a place, sis.judged, sis.unsettled, sync.mark stu@zq.example', :stu),
          'of others goes what names them, and what hangs on them');
SELECT is(pg_temp.comes(),
          format('audit.change erase_person, audit.change erase_person by %s, directory.backpack_item a leaf, directory.invitation han@example.org closed, rosterd.disposal, rosterd.finding Claimed by: (erased), account %s1., rosterd.finding Claimed by: (erased), zxs, (erased)., sis.judged', session_user, :stu),
          'what stands there instead does not');
SELECT is(pg_temp.counts(:stu), 'audit 8, directory 11, enrollment findings 1, findings 4, invitations 2, mirror 8', 'and it is said how much went');
SELECT is(pg_temp.next_door(:door), :'next_door', 'nothing next door, nor of who is at work');
SELECT is(pg_temp.in_slot(0::smallint), 'f f f f', 'what lay in a free slot is gone');
-- rule: CRED-6
SELECT is(pg_temp.marks(),
          '+12125550101 +12125550102 +12125550103 +12125550104 +12125550105 +12125550106 both@zq.example classroom:- classroom:c1 gua@zq.example han@example.org lee@example.org person:Han person:Lee person:tom person:z.g stated@zq.example stu@zq.example tom@example.org una@example.org',
          'looked at again are the family, the class, and who claims what is free or what a guardian states');
ROLLBACK TO start;

-- rule: ABN-E3
INSERT INTO rosterd.disposal VALUES (test.d(), now() - interval '1 day', 'somebody');
SELECT matches(rosterd.erase_person(test.d(), :gua, 'asked for'), ': 21 rows.*makes a new person of it', 'a guardian is erased');
SELECT is(pg_temp.stays(:gua, 'z.g'), NULL, 'nothing of theirs stays');
SELECT is(pg_temp.goes(:gua, 'z.g'), 'sis.judged, sis.unsettled', 'of others nothing goes');
SELECT is(pg_temp.comes(), format('audit.change erase_person by %s, rosterd.disposal, sis.judged', session_user), 'but the mirror is another one');
SELECT is((SELECT asked_by || (since > now() - interval '1 hour') FROM rosterd.disposal WHERE district_id = test.d()), session_user || 'true', 'the spools are cleared again, although they were a day ago');
SELECT is(pg_temp.counts(:gua), 'audit 2, directory 8, enrollment findings 0, findings 0, invitations 4, mirror 7', 'and it is said how much went');
SELECT is(pg_temp.next_door(:door), :'next_door', 'nothing next door');
-- rule: CRED-6
SELECT is(pg_temp.marks(), '+12125550101 bob@example.org both@zq.example classroom:- gua@zq.example lee@example.org person:Lee person:cyd person:z.s person:zxs stated@zq.example stu@zq.example',
          'looked at again are their students, and who claims what is free');
ROLLBACK TO start;

-- rule: ABN-E3
UPDATE sis.person SET live = false WHERE district_id = test.d() AND sourced_id = 'z.t';
SELECT matches(rosterd.erase_person(test.d(), :tea, 'asked for'), ': 12 rows.*not reached from here\.$', 'a teacher is erased, who is not in the SIS any more');
SELECT is(pg_temp.stays(:tea, 'z.t'), NULL, 'nothing of theirs stays');
SELECT is(pg_temp.goes(:tea, 'z.t'), 'directory.backpack_item a leaf, directory.backpack_item a leaf, sis.judged, sis.unsettled', 'of others goes');
SELECT is(pg_temp.comes(), format('audit.change erase_person by %s, directory.backpack_item a leaf, directory.backpack_item a leaf, rosterd.disposal, sis.judged', session_user),
          'who put the leaf there');
SELECT is(pg_temp.counts(:tea), 'audit 1, directory 6, enrollment findings 0, findings 0, invitations 2, mirror 3', 'and it is said how much went');
SELECT is(pg_temp.next_door(:door), :'next_door', 'nothing next door');
SELECT is(pg_temp.marks(), 'both@zq.example classroom:- classroom:c1 lee@example.org person:Lee person:z.s stu@zq.example', 'looked at again are their class and who claims what is free');
ROLLBACK TO start;

-- rule: SAFE-8
CREATE FUNCTION pg_temp.gate(d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(l.mode, ' ') FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = sync.gate_key(d) $$;
INSERT INTO directory.person (district_id, given_name, family_name, status) VALUES (:far, 'Zq', 'Far', 'active') RETURNING person_id AS far_person \gset
SELECT is(pg_temp.gate(:far), NULL, 'nobody is at work in another district');
SELECT rosterd.erase_person(:far, :far_person, 'asked for');
SELECT is(pg_temp.gate(:far), 'ExclusiveLock', 'its gate is closed while somebody is erased');
SELECT * FROM finish();
ROLLBACK;
