-- People with more than one role, and roles given by hand, in runs over a part of the district and over all of it.
BEGIN;
\ir lib.sql
\ir libneighbour.sql
SELECT plan(13);
SELECT test.district();
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{tea}'), test.student('bob', 'Bob', 'Birch');
SELECT test.user('tea', '{teacher,guardian}', 'Tea', 'Ash', email => 'tea@example.org', sms => '+12125550101');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync();
CREATE FUNCTION pg_temp.roles(p_person bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(r.role || '@' || coalesce(s.sourced_id, '*') || CASE WHEN r.state <> 'active' THEN ' ' || r.state ELSE '' END
                      || CASE WHEN r.claim_sis THEN ' sis' ELSE '' END || CASE WHEN r.claim_manual THEN ' manual' ELSE '' END, ', ' ORDER BY r.role, s.sourced_id)
    FROM directory.role r LEFT JOIN directory.school s USING (district_id, school_id) WHERE r.district_id = test.d() AND r.person_id = p_person $$;
CREATE FUNCTION pg_temp.whole() RETURNS void LANGUAGE sql AS
    $$ UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d(); SELECT test.sync(p_file => false) $$;
-- The same by a run over what changed and by one over everything.
CREATE FUNCTION pg_temp.both(p_question text, p_answer text, p_words text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE v_answer text;
BEGIN
    EXECUTE 'SELECT (' || p_question || ')::text' INTO v_answer;
    RETURN NEXT is(v_answer, p_answer, p_words);
    PERFORM pg_temp.whole();
    EXECUTE 'SELECT (' || p_question || ')::text' INTO v_answer;
    RETURN NEXT is(v_answer, p_answer, p_words || ', judged whole');
END $$;

-- rule: IN-4
SELECT is(pg_temp.roles(test.person('tea')) || ' ' || test.guardians('ann'), 'teacher@s1 sis tea', 'a teacher who is a mother is one person');
SELECT is(test.credentials('tea'), '+12125550101 tea@example.org', 'with the number that she gave as a mother');
-- rule: ABN-2
SELECT test.user('tea', '{guardian}', 'Tea', 'Ash', email => 'tea@example.org', sms => '+12125550101', agents => '{ann}'), test.drop_enroll('c1', 'tea');
SELECT test.sync();
SELECT pg_temp.both($$coalesce(pg_temp.roles(test.person('tea')), '-') || ' ' || test.guardians('ann') || ' ' || test.members('c1')$$, '- tea ann bob', 'who teaches no more stays a mother');

-- A leader who comes to be in the SIS as a teacher is the same person, and keeps the leader's role.
-- rule: CRED-9
CREATE TEMP TABLE lea AS SELECT rosterd.appoint_leader(test.d(), test.school('s1'), 'Lea', 'Lead', 'lea@example.org') AS id;
SELECT test.teacher('lea', 'Lea', 'Lead', 'lea@example.org'), test.enroll('c2', 'lea', 'teacher');
SELECT test.sync();
SELECT pg_temp.both($$pg_temp.roles((SELECT id FROM lea)) || ' ' || test.members('c2')$$, 'school_leader@s1 manual, teacher@s1 sis lea*', 'a leader who also teaches');
SELECT test.drop_person('lea');
SELECT test.sync();
SELECT pg_temp.both($$pg_temp.roles((SELECT id FROM lea))$$, 'school_leader@s1 manual', 'is a leader still when they teach no more');

-- A district leader belongs to every school: their manual memberships are never suspended.
-- rule: CLS-6
CREATE TEMP TABLE head AS SELECT rosterd.appoint_leader(test.d(), NULL, 'Hed', 'Head', 'head@example.org') AS id;
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) SELECT test.d(), test.classroom('c2'), id, 'teacher', false, true FROM head;
INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', id FROM head;
SELECT test.sync(p_file => false);
SELECT pg_temp.both($$test.members('c2')$$, (SELECT '#' || id || '*' FROM head), 'a district leader who helps in a classroom');

-- Somebody added by hand as a teacher is staff: their address is not given to a guardian who comes with it.
-- rule: CRED-4
SELECT test.setting('sync_enabled', 'false');
CREATE TEMP TABLE tia AS SELECT api.add_teacher(test.d(), (SELECT id FROM head), test.school('s1'), 'Tia', 'Teach', 'tia@example.org') AS id;
SELECT test.setting('sync_enabled', 'true');
SELECT test.guardian('gus', 'Gus', 'Birch', '{bob}', email => 'tia@example.org');
SELECT test.sync();
SELECT pg_temp.both($$(SELECT string_agg(value, ' ') FROM directory.credential WHERE district_id = test.d() AND person_id = (SELECT id FROM tia)) || '|' || test.guardians('bob')$$, 'tia@example.org|', 'staff by hand');

SELECT test.student('aaa', 'Aaa', 'First'), test.class('a0', 'Class 0'), test.enroll('a0', 'aaa'), test.session('b', '2026-01-01', '2026-12-31'), test.org('a1', 'A One');
SELECT test.student('bob', 'Bobby', 'Birch'), test.org('s1', 'School One'), test.class('c2', 'Class Two');
SELECT test.sync();
SELECT is((SELECT string_agg(x.k || ' ' || x.line, ', ' ORDER BY x.k) FROM (
    SELECT 'person' AS k, line FROM sis.person WHERE district_id = test.d() AND sourced_id = 'bob' UNION ALL SELECT 'class', line FROM sis.class WHERE district_id = test.d() AND sourced_id = 'c2'
    UNION ALL SELECT 'org', line FROM sis.org WHERE district_id = test.d() AND sourced_id = 's1') x), 'class 4, org 4, person 4', 'the mirror knows the line that a record was last changed by');
SELECT * FROM finish();
ROLLBACK;
