-- Whose record is whose, each part on records made by hand, beside another slot and another district with the same ids and numbers.
BEGIN;
SELECT plan(23);
\ir lib.sql
SELECT test.district('elm') AS elm \gset
SELECT test.district() AS oak \gset
-- The records are no district's that could be.
SET LOCAL session_replication_role = replica;
SELECT test.two_scopes(:oak, :elm);
UPDATE sync.scope SET classrooms = '{}', merge_duplicate_guardians = slot = 0;
-- A record as it will be: s, t, g for its roles, x not live, n not judged.
CREATE FUNCTION test.rec(p_id text, p_account bigint, p_was bigint DEFAULT NULL, p_as text DEFAULT 'g', p_name text DEFAULT 'Ann', email text DEFAULT NULL, sms text DEFAULT NULL, phone text DEFAULT NULL,
                         p_attached text DEFAULT NULL, p_left bigint DEFAULT NULL, p_slot integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sync.after_person (slot, sourced_id, given_name, family_name, roles, email, sms, phone, live, is_student, is_teacher, is_guardian, account, is_new, judged, was, attached, left_account)
    VALUES (p_slot, p_id, p_name, 'Ash', '', email, sms, phone, p_as !~ 'x', p_as ~ 's', p_as ~ 't', p_as ~ 'g', p_account, false, p_as !~ 'n', p_was, p_attached, p_left) $$;
CREATE FUNCTION test.tie(p_student text, p_guardian text, p_stands boolean DEFAULT true, p_slot integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sync.after_link (slot, student, guardian, stands, student_account, guardian_account)
    SELECT p_slot, p_student, p_guardian, p_stands, (SELECT p.account FROM sync.after_person p WHERE p.slot = p_slot AND p.sourced_id = p_student), (SELECT p.account FROM sync.after_person p WHERE p.slot = p_slot AND p.sourced_id = p_guardian) $$;
CREATE FUNCTION test.pair(p_student bigint, p_guardian bigint, p_suspended boolean DEFAULT true, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, suspended) VALUES (d, p_student, p_guardian, true, p_suspended) $$;

-- rule: UPD-2
-- Who had lost a student before the student left does not get them back as somebody else.
SAVEPOINT clean;
SELECT test.rec('s', 20, 20, 'sx'), test.rec('here', 21, 21, 's'), test.rec('other', 22, 22, 'sx'), test.rec('teacher', 23, 23, 'tx'),
       test.rec('moved', 31, 30), test.rec('gone', 31, 32, 'gx'), test.rec('unjudged', 31, 33, 'gn'), test.rec('same', 34, 34), test.rec('new', 35), test.rec('again', 31, 36);
SELECT test.tie(s, g) FROM unnest('{s,here,other,teacher}'::text[]) s, unnest('{moved,gone,unjudged,same,new}'::text[]) g WHERE (s, g) <> ('other', 'same');
SELECT test.tie('s', 'again'), test.tie('s', 'moved', p_slot => 1), test.tie('other', 'again', p_slot => 1);
SELECT test.rec('same', 31, 34, p_slot => 1), test.rec('gone', 31, 32, p_slot => 1), test.rec('here', 21, 21, 'sx', p_slot => 1), test.rec('teacher', 23, 23, 'sx', p_slot => 1);
SELECT test.pair(s, g) FROM unnest('{20,21,23}'::bigint[]) s, unnest('{30,31,32,33,34,35}'::bigint[]) g;
SELECT test.pair(20, 36, false), test.pair(20, 36, d => :elm), test.pair(22, 36);
SELECT is((SELECT string_agg(e.student || '/' || e.guardian, ' ' ORDER BY e.student, e.guardian) FROM sync.ended_by_moving(0::smallint) e), 's/moved', 'a pair that had ended ends for a record that goes to another account');
ROLLBACK TO clean;

-- rule: CRED-7
-- Pairs of accounts that go with their records: of who they are, were and had left, to each.
SELECT test.rec('s', 20, 20, 's'), test.rec('sm', 22, 21, 's'), test.rec('sl', 23, 23, 's', p_left => 24), test.rec('sn', 25, NULL, 's'), test.rec('left', 28, 28, 'sx'),
       test.rec('g', 30, 30), test.rec('gm', 32, 31), test.rec('gl', 33, 33, p_left => 34), test.rec('gx', 36, 35, 'gx'), test.rec('nobody', NULL, NULL, 'gx'), test.rec('gz', 38, 38);
SELECT test.tie('s', 'g'), test.tie('s', 'gm'), test.tie('sm', 'g'), test.tie('sl', 'g'), test.tie('s', 'gl'), test.tie('sn', 'gm'), test.tie('left', 'gm'), test.tie('sm', 'gx'), test.tie('sm', 'nobody'), test.tie('sm', 'gz', false),
       test.tie('sm', 'gm', p_slot => 1), test.rec('s', 27, 26, 's', p_slot => 1), test.rec('g', 40, 39, p_slot => 1), test.rec('gx', 36, 35, p_slot => 1);
SELECT is((SELECT string_agg(m.student || '/' || m.guardian, ' ' ORDER BY m.student, m.guardian) FROM sync.moved_pairs(0::smallint) m), '20/31 20/32 20/33 20/34 21/30 22/30 23/30 24/30 25/31 25/32 28/31 28/32', 'pairs move with a record that is somebody else''s now');
DELETE FROM sync.after_person WHERE sourced_id NOT IN ('s', 'gl');
SELECT is((SELECT string_agg(m.student || '/' || m.guardian, ' ' ORDER BY m.student, m.guardian) FROM sync.moved_pairs(0::smallint) m), '20/33 20/34', 'or that has left an account of its own');
ROLLBACK TO clean;

-- Enrollments and relationships follow.
SELECT test.rec('same', 50, 50), test.rec('moved', 52, 51), test.rec('found', 53, NULL, p_attached => 'match'), test.rec('new', 54), test.rec('known', 55, 55, p_attached => 'merge');
SELECT test.rec(id, 99, 98, p_slot => 1) FROM unnest('{same,new}'::text[]) id;
INSERT INTO sync.after_enrollment (slot, class, person, role, account) SELECT slot, 'c', id, 'student', n FROM generate_series(0, 1) slot, (VALUES ('same', 1), ('moved', 51), ('found', 2), ('new', 3), ('known', 4), ('nobody', NULL)) AS x (id, n);
INSERT INTO sync.after_link (slot, student, guardian, stands, student_account, guardian_account) SELECT slot, s, g, true, n, m
FROM generate_series(0, 1) slot, (VALUES ('same', 1), ('moved', 51), ('found', 2), ('new', 3), ('known', 4)) AS x (s, n), (VALUES ('same', 1), ('moved', 51), ('found', 2), ('new', 3), ('known', 4)) AS y (g, m);
UPDATE sync.after_enrollment SET account = NULL WHERE slot = 0 AND person = 'known';
CREATE FUNCTION test.ties(p_slot integer) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' | ', (SELECT string_agg(e.person || coalesce(e.account, 0), ' ' ORDER BY e.person) FROM sync.after_enrollment e WHERE e.slot = p_slot),
                     (SELECT string_agg(DISTINCT l.student || l.student_account, ' ' ORDER BY l.student || l.student_account) FROM sync.after_link l WHERE l.slot = p_slot),
                     (SELECT string_agg(DISTINCT l.guardian || l.guardian_account, ' ' ORDER BY l.guardian || l.guardian_account) FROM sync.after_link l WHERE l.slot = p_slot)) $$;
SELECT test.ties(1) AS before \gset
SELECT sync.identify_ties(0::smallint);
SELECT is(test.ties(0), 'found53 known0 moved52 new3 nobody0 same1 | found53 known55 moved52 new3 same1 | found53 known55 moved52 new3 same1', 'enrollments and relationships go with the records that are somebody else''s');
SELECT is(test.ties(1), :'before', 'in this slot');
DELETE FROM sync.after_person WHERE sourced_id <> 'moved';
UPDATE sync.after_enrollment SET account = 51 WHERE person = 'moved';
SELECT sync.identify_ties(0::smallint);
SELECT matches(test.ties(0), '^found53 known0 moved52', 'also of one who has moved only');
ROLLBACK TO clean;

-- rule: CRED-9
-- Who claims a credential: guardians by all of theirs, while they have a student; others by the address alone.
CREATE FUNCTION test.claims(VARIADIC p_values text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(concat_ws(' ', c.value, c.sourced_id, c.account, c.was, CASE WHEN c.is_student THEN 'student' END, CASE WHEN c.is_guardian THEN 'guardian' END, CASE WHEN NOT c.judged THEN 'unjudged' END), ', ' ORDER BY c.value, c.sourced_id)
    FROM sync.record_claims(0::smallint, p_values) c $$;
SELECT test.rec('s', 60, 60, 's', email => 'a', sms => 'b', phone => 'c'), test.rec('t', 61, 61, 't', email => 'a', sms => 'b', phone => 'c'), test.rec('g', 62, 62, email => 'a', sms => 'b', phone => 'c'),
       test.rec('gt', 63, 63, 'gt', email => 'a', sms => 'b', phone => 'c'), test.rec('gs', 64, 64, 'gs', email => 'a', sms => 'b'), test.rec('lone', 65, 65, email => 'a', sms => 'b'), test.rec('gone', 66, 66, 'gx', email => 'a', sms => 'b'),
       test.rec('unjudged', 67, 67, 'gn', email => 'a', sms => 'z'), test.rec('twice', 68, 68, email => 'a', sms => 'a'), test.rec('none', 69, 69, '', email => 'a', sms => 'b'), test.rec('over', 70, 70, email => 'a'), test.rec('bare', 71, 71, email => 'a');
SELECT test.rec('noone', NULL, NULL, 'sx'), test.rec('staff', 72, 72, 't'), test.rec('left', 73, 73, 'sx'), test.rec('lone', 65, 65, 's', email => 'z', p_slot => 1), test.rec('elsewhere', 74, 74, email => 'a', p_slot => 1), test.rec('staff', 72, 72, 's', p_slot => 1),
       test.rec('lost', 75, 75, email => 'd'), test.rec('lost2', 76, 76, email => 'd'), test.rec('lost3', 76, 76), test.rec('back', 77, 77, email => 'd'), test.rec('kept', 78, 78, email => 'd'), test.rec('strange', 79, 79, email => 'd'), test.rec('alone', 80, 80, email => 'd'),
       test.rec('alone2', 80, 80, 'gx'), test.rec('alone3', 80, 80, 's'), test.rec('alone4', 80, 80, p_slot => 1), test.rec('fresh', 81, NULL, email => 'd'), test.rec('fresh2', 82), test.rec('many', 83, 83, email => 'd');
SELECT test.tie('s', g) FROM unnest('{g,gone,unjudged,twice,back}'::text[]) g;
SELECT test.tie('s', 'over', false), test.tie('noone', 'bare'), test.tie('staff', 'bare'), test.tie('s', 'lone', p_slot => 1), test.tie('s', 't');
SELECT test.tie('left', g) FROM unnest('{lost,lost2,kept,strange,alone,fresh,many}'::text[]) g;
SELECT test.pair(73, g) FROM unnest('{75,76,80,83}'::bigint[]) g;
SELECT test.pair(60, 77), test.pair(73, 78, false), test.pair(73, 79, d => :elm), test.pair(60, 79), test.pair(73, 62);
SELECT is(test.claims('a', 'b', 'c', 'c'), 'a g 62 62 guardian, a gs 64 64 student, a gt 63 63, a s 60 60 student, a t 61 61, a twice 68 68 guardian, a twice 68 68 guardian, a unjudged 67 67 guardian unjudged, b g 62 62 guardian, c g 62 62 guardian',
    'guardians claim their contacts while they have a student, others their address');
SELECT is(test.claims('d'), 'd back 77 77 guardian, d fresh 81 guardian, d kept 78 78 guardian, d lost2 76 76 guardian, d strange 79 79 guardian', 'a student who left counts, but not one who had been lost before, unless nobody can tell whose they were');
UPDATE sync.scope SET phone_is_credential = false WHERE slot = 0;
SELECT is(test.claims('b', 'c'), 'b g 62 62 guardian', 'phones count by the setting');
SELECT is((SELECT string_agg(DISTINCT c.name, ',') FROM sync.record_claims(0::smallint, '{b}') c), U&'ann\001Eash', 'names are compared folded');
ROLLBACK TO clean;
-- rule: OFF-3
-- A student made by hand is the new record's of the same name and school, and of no record that is somebody's already.
CREATE FUNCTION test.by_hand(p_person bigint, p_name text, p_school bigint DEFAULT 1, p_manual boolean DEFAULT true, d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.person (district_id, person_id, given_name, family_name) VALUES (d, p_person, p_name, 'Ash');
    INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (d, p_person, p_school, 'student', NOT p_manual, p_manual) $$;
INSERT INTO sync.after_org (slot, sourced_id, name, live, is_school, school_id, is_new) SELECT slot, 's' || n, 'S', true, true, n, false FROM generate_series(0, 1) slot, generate_series(1, 2) n;
SELECT test.by_hand(100, 'Ann'), test.by_hand(101, 'Bea'), test.by_hand(102, 'Cat', 2), test.by_hand(103, 'Dot'), test.by_hand(104, 'Dot', p_manual => false), test.by_hand(105, 'Eve', d => :elm), test.by_hand(106, 'Fay'), test.by_hand(107, 'Gil');
SELECT test.rec('ann', 120, NULL, 's', 'Ann'), test.rec('bea', 121, 121, 's', 'Bea'), test.rec('cat', 122, NULL, 's', 'Cat'), test.rec('dot', 123, NULL, 's', 'Dot'), test.rec('eve', 124, NULL, 's', 'Eve'),
       test.rec('fay1', 125, NULL, 's', 'Fay'), test.rec('fay2', 126, NULL, 's', 'Fay'), test.rec('gil', 127, NULL, 'sx', 'Gil'), test.rec('ann', 128, NULL, 's', 'Bea', p_slot => 1);
UPDATE sync.after_person SET roles = U&'student\001Es1';
SELECT sync.identify_students(0::smallint);
SELECT is((SELECT string_agg(concat_ws(' ', p.slot, p.sourced_id, p.account, p.attached), ', ' ORDER BY p.slot, p.sourced_id) FROM sync.after_person p WHERE p.attached IS NOT NULL), '0 ann 100 match', 'who was made by hand is found by name and school, one to one');
ROLLBACK TO clean;

-- rule: CRED-7
-- Guardians of one name with one credential, which nobody of another name claims or holds but a child of theirs.
CREATE FUNCTION test.labels(p_slot integer DEFAULT 0) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(x.who, ' ' ORDER BY x.who) FROM (SELECT string_agg(DISTINCT d.sourced_id, '+') AS who FROM sync.plan_duplicate d WHERE d.slot = p_slot GROUP BY d.label) x $$;
SELECT test.rec('kid', 130, 130, 's', 'Kim', email => 'b'), test.rec('kid2', 131, 131, 's', 'Kit', email => 'c');
SELECT test.rec('a1', 140, 140, email => 'a'), test.rec('a2', 141, 141, email => 'a', sms => 'z'), test.rec('a3', 142, 142, sms => 'z'), test.rec('b1', 143, 143, email => 'b'), test.rec('b2', 144, 144, email => 'b'),
       test.rec('c1', 145, 145, email => 'c'), test.rec('c2', 146, 146, email => 'c'), test.rec('d1', 147, 147, email => 'd'), test.rec('d2', 148, 148, 'g', 'Dan', email => 'd'), test.rec('d3', 149, 149, email => 'd'),
       test.rec('e1', 150, 150, email => 'e'), test.rec('f1', 151, 151, 'gs', email => 'f'), test.rec('f2', 152, 152, email => 'f'), test.rec('h1', 153, 153, email => 'h'), test.rec('h2', 154, 154, email => 'h'),
       test.rec('n1', 155, 155, 'gn', email => 'n'), test.rec('n2', 156, 156, 'gn', email => 'n'), test.rec('m1', 157, 157, p_attached => 'merge'), test.rec('m2', 157, 157),
       test.rec('t', 158, 158, 't', email => 'c');
SELECT test.tie('kid', p.sourced_id) FROM sync.after_person p WHERE p.is_guardian AND p.slot = 0;
SELECT test.tie('kid2', 't');
INSERT INTO directory.person (district_id, person_id, given_name, family_name, status) VALUES (:oak, 170, 'Hal', 'Ash', 'active'), (:elm, 171, 'Hal', 'Ash', 'active');
INSERT INTO directory.credential (district_id, person_id, kind, value) VALUES (:oak, 170, 'email', 'h'), (:elm, 171, 'email', 'a');
UPDATE sync.scope SET contested = '{a,b,c,d,e,f,h,n,z}' WHERE slot = 0;
INSERT INTO sync.plan_duplicate (slot, sourced_id, common, label) VALUES (1, 'a2', 'a', 'a2'), (1, 'b2', 'q', 'a1'), (1, 'x', 'b', 'a1');
SELECT sync.find_duplicates(0::smallint);
SELECT is(test.labels(), 'a1+a2+a3 b1+b2 m1 m2', 'guardians who share a credential and a name are one');
SELECT is(test.labels(1), 'a2 b2+x', 'in this slot');
ROLLBACK TO clean;

-- rule: CRED-9
-- Who was known without a record is found by a credential somebody answered for, if it is this one new record's of that name.
CREATE FUNCTION test.knew(p_person bigint, p_value text, p_by text DEFAULT 'vouched', p_name text DEFAULT 'Ann', d bigint DEFAULT test.d()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.person (district_id, person_id, given_name, family_name) VALUES (d, p_person, p_name, 'Ash');
    INSERT INTO directory.credential (district_id, person_id, kind, value, vouched, proved) VALUES (d, p_person, 'email', p_value, p_by = 'vouched', p_by = 'proved') $$;
SELECT test.knew(300, 'a'), test.knew(301, 'b', 'proved'), test.knew(302, 'c'), test.knew(303, 'd'), test.knew(304, 'e', 'proved'), test.knew(305, 'f', ''), test.knew(306, 'h'), test.knew(307, 'k', p_name => 'Kay'), test.knew(308, 'm'), test.knew(309, 'u'),
       test.knew(310, 'w', d => :elm), test.knew(311, 'y');
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis) VALUES (:oak, 308, 1, 'student', false), (:oak, 300, 1, 'teacher', false), (:elm, 301, 1, 'student', false);
SELECT test.rec('kid', 320, 320, 's', 'Kim'), test.rec('ckid', 321, 321, 's', 'Kim', email => 'c'), test.rec('ekid', 322, 322, 's', 'Kim', email => 'e');
SELECT test.rec('a', 330, email => 'a'), test.rec('b', 331, email => 'b'), test.rec('c', 332, email => 'c'), test.rec('d1', 333, email => 'd'), test.rec('d2', 334, NULL, 't', email => 'd'), test.rec('e1', 335, email => 'e'), test.rec('e2', 336, email => 'e'),
       test.rec('f', 337, email => 'f'), test.rec('h', 338, email => 'h'), test.rec('hold', 306, 306), test.rec('k', 339, email => 'k'), test.rec('m', 340, email => 'm'), test.rec('u', 341, NULL, 'gn', email => 'u'), test.rec('w', 342, email => 'w'),
       test.rec('y', 343, 343, email => 'y'), test.rec('a', 344, email => 'z', p_slot => 1);
SELECT test.tie('kid', p.sourced_id) FROM sync.after_person p WHERE p.is_guardian AND p.slot = 0;
SELECT test.tie('ckid', 'c', false), test.tie('ekid', 'e1');
UPDATE sync.scope SET contested = '{a,b,c,d,e,f,h,k,m,u,w,y}';
SELECT sync.identify_holders(0::smallint);
SELECT is((SELECT string_agg(concat_ws(' ', p.slot, p.sourced_id, p.account), ', ' ORDER BY p.slot, p.sourced_id) FROM sync.after_person p WHERE p.attached = 'match'), '0 a 300, 0 b 301, 0 e1 304', 'a new record is of whom its credential was known to be of');
ROLLBACK TO clean;

-- rule: IN-1
-- An enrollment counts from 30 days before it begins to the end of its last day.
SELECT is(sync.counts_on(b::date, e::date, '2026-10-01'), counts, format('%s to %s', b, e)) FROM (VALUES
    (NULL, NULL, true), ('2020-01-01', NULL, true), ('2026-10-31', NULL, true), ('2026-11-01', NULL, false), (NULL, '2026-10-01', true), (NULL, '2026-09-30', false)) AS x (b, e, counts);

-- rule: UPD-6
-- A plan begins by what is marked in the district; other rules or settings than it was judged by reach everybody.
INSERT INTO sync.mark (district_id, kind, id) VALUES (:oak, 'person', 1), (:elm, 'person', 2);
SELECT sync.scope_open(0::smallint, 1, :oak, true);
SELECT is((SELECT string_agg(m.district_id::text, ' ') FROM sync.scope s JOIN sync.mark m ON m.mark_id = ANY (s.marks) WHERE s.slot = 0), :'oak', 'the marks of the district');
DELETE FROM sync.mark;
INSERT INTO sis.judged (district_id, run_id, token, settings_version, rules_version, judged_on) SELECT s.district_id, s.run_id, gen_random_uuid(), s.settings_version, sync.rules_version(), s.today FROM sync.scope s;
SELECT is(sync.scope_is_whole(0::smallint), false, 'judged by the same rules and settings, only what changed is judged');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = :oak;
SELECT is(sync.scope_is_whole(0::smallint), true, 'by other rules everybody is');
SELECT * FROM finish();
ROLLBACK;
