-- Who may be whose record, which rows say so afterwards, and that a district with the same ids and numbers
-- beside this one has no part in it.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(18);
SELECT test.district();
SELECT test.student('stu', 'Stu', 'Ash'), test.teacher('tea', 'Tea', 'Ash', 'tea@example.org'), test.guardian('gua', 'Gua', 'Ash', '{stu}', email => 'gua@example.org');
SELECT test.user('r' || left(r, 3), ARRAY[r], 'Rec', initcap(r), email => r || '@example.org', sms => '+1212555010' || n, phone => '+1212555020' || n)
FROM unnest('{student,teacher,guardian,parent,relative,administrator}'::text[]) WITH ORDINALITY x (r, n);
SELECT test.sync();
-- People of one kind of row each: a role or a family tie by hand, a record alone, one that has left them, nothing at all.
CREATE TABLE test.made (name text, id bigint);
CREATE FUNCTION pg_temp.id(p_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT coalesce((SELECT m.id FROM test.made m WHERE m.name = p_name), test.person(p_name)) $$;
WITH p AS (INSERT INTO directory.person (district_id, given_name, family_name, status) SELECT test.d(), n, 'Made', 'invitee' FROM unnest('{hand_stu,hand_gua,hand_led,only_stu,only_gua,left_stu,left_gua,bare}'::text[]) n RETURNING given_name, person_id)
INSERT INTO test.made SELECT * FROM p;
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (test.d(), pg_temp.id('hand_stu'), test.school('s1'), 'student', false, true), (test.d(), pg_temp.id('hand_led'), 0, 'district_leader', false, true);
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, claim_manual) VALUES (test.d(), pg_temp.id('stu'), pg_temp.id('hand_gua'), false, true);
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run)
SELECT test.d(), x.id, 'A', 'B', x.role || U&'\001Es1', pg_temp.id(x.person), 1 FROM (VALUES ('os', 'student', 'only_stu'), ('og', 'parent', 'only_gua')) x (id, role, person);
UPDATE sis.judged SET digest = gen_random_uuid() WHERE district_id = test.d();
-- os was a guardian's when it left them
UPDATE sis.person SET left_account = pg_temp.id('left_gua') WHERE district_id = test.d() AND sourced_id IN ('gua', 'os');
UPDATE directory.person SET was_student = true WHERE district_id = test.d() AND person_id = pg_temp.id('left_stu');
DELETE FROM sync.mark WHERE district_id = test.d();

-- Next door nobody is bare, each record is of the other kind, and there is one more.
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS door \gset
INSERT INTO rosterd.district (slug, name) VALUES ('far', 'Far') RETURNING district_id AS far \gset
SELECT test.become_opposite(:door, test.d());
UPDATE directory.person SET was_student = false WHERE district_id = :door AND person_id = test.person('rstu');
UPDATE sis.person SET roles = CASE WHEN sync.has_role(roles, 'student') THEN 'teacher' ELSE 'student' END || U&'\001Es1' WHERE district_id = :door;
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, person_id, changed_by_run)
SELECT :door, x.id, 'A', 'B', x.role || U&'\001Es1', pg_temp.id('bare'), 1 FROM (VALUES ('next', 'parent'), ('nexts', 'student')) x (id, role);
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis) SELECT :door, pg_temp.id('bare'), 0, r, true FROM unnest('{student,teacher}'::text[]) r;
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis) VALUES (:door, 1, pg_temp.id('bare'), true);

CREATE TEMP TABLE before AS SELECT * FROM test.rows_of(test.d());
CREATE FUNCTION pg_temp.name(p_id text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT m.name FROM test.made m WHERE m.id = p_id::bigint), (SELECT p.sourced_id FROM directory.person p WHERE p.district_id = test.d() AND p.person_id = p_id::bigint), p_id) $$;
CREATE FUNCTION pg_temp.said_of(p_relation text, r jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p_relation, r ->> 'sourced_id', pg_temp.name(r ->> 'person_id'), r ->> 'attached', 'left ' || pg_temp.name(r ->> 'left_account'), r ->> 'value', pg_temp.name(r ->> 'id'),
                     'digest' || left(r ->> 'digest', 0), r ->> 'rule', r ->> 'act', r ->> 'relation', r ->> 'key', pg_temp.name(r -> 'before' ->> 'person_id'), pg_temp.name(r -> 'after' ->> 'person_id'), r -> 'after' ->> 'reason', CASE WHEN (r ->> 'was_student')::boolean THEN 'was a student' END) $$;
CREATE FUNCTION pg_temp.changed() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.said, ', ' ORDER BY x.said COLLATE "C") FROM (
        SELECT '-' || pg_temp.said_of(relation, line) AS said FROM (SELECT * FROM before EXCEPT SELECT * FROM test.rows_of(test.d())) x
        UNION ALL SELECT '+' || pg_temp.said_of(relation, line) FROM (SELECT * FROM test.rows_of(test.d()) EXCEPT SELECT * FROM before) x) x $$;
-- What comes of linking a record to somebody, which is undone.
CREATE FUNCTION pg_temp.tried(p_person text, p_record text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rosterd.link_person(test.d(), pg_temp.id(p_person), p_record, 'asked');
    RAISE EXCEPTION USING ERRCODE = 'TTTTT';
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN NULL;
          WHEN OTHERS THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION pg_temp.refused(p_people text, p_records text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT coalesce(pg_temp.tried(p, r), 'ok'), ', ') FROM unnest(p_people::text[]) p, unnest(p_records::text[]) r $$;
SELECT test.sum_of(:door) AS next_door \gset

-- rule: CRED-9
SELECT is(pg_temp.refused('{stu,hand_stu,only_stu,left_stu,bare}', '{rstu}'), 'ok', 'a student''s record is a student''s, or of somebody of whom nothing is known');
SELECT is(pg_temp.refused('{tea,gua,hand_gua,hand_led,only_gua,left_gua,bare}', '{rtea,rgua,rpar,rrel}'), 'ok', 'an adult''s is an adult''s, of whatever kind');
-- rule: GRD-1
SELECT is(pg_temp.refused('{tea,gua,hand_gua,hand_led,only_gua,left_gua}', '{rstu}'), 'a student and an adult are never one person', 'no adult is a student');
SELECT is(pg_temp.refused('{stu,hand_stu,only_stu,left_stu}', '{rtea,rgua,rpar,rrel}'), 'a student and an adult are never one person', 'no student an adult');
-- rule: IN-7
SELECT is(pg_temp.refused('{stu,tea,gua,bare}', '{radm}'), 'people of this role are not brought in', 'nor anybody who is not brought in');
-- rule: CRED-9
SELECT is(pg_temp.refused('{bare}', '{next}'), 'there is no such record in this district', 'nor who is in another district alone');
SELECT throws_ok(format('SELECT rosterd.link_person(0, %s, %L, %L)', pg_temp.id('bare'), 'rgua', 'x'), 'RS008', 'there is no such district', 'there must be the district');
SELECT throws_ok(format('SELECT rosterd.link_person(test.d(), 0, %L, %L)', 'rgua', 'x'), 'RS008', 'there is no such person in this district', 'and the person');
SELECT is(pg_temp.changed(), NULL, 'what is refused changes nothing');

SAVEPOINT start;
SELECT rosterd.link_person(test.d(), pg_temp.id('bare'), 'rtea', 'asked');
SELECT is(pg_temp.changed(), format('+audit.change CRED-9 link_person by %s sis.person {"sourced_id": "rtea"} rtea bare asked, +sis.judged, +sis.person rtea bare hand left rtea, '
          '+sync.mark +12125550102, +sync.mark +12125550202, +sync.mark bare, +sync.mark rtea, +sync.mark teacher@example.org, +sync.mark teacher@example.org, -sis.judged digest, -sis.person rtea rtea', session_user),
          'a record becomes somebody''s, and of both and of all it claims the next run looks again; the digest is none');
ROLLBACK TO start;
SELECT rosterd.link_person(test.d(), pg_temp.id('bare'), 'rgua', 'asked');
SELECT is(pg_temp.changed(), format('+audit.change CRED-9 link_person by %s sis.person {"sourced_id": "rgua"} bare asked, +sis.judged, +sis.person rgua bare hand, '
          '+sync.mark +12125550103, +sync.mark +12125550203, +sync.mark bare, +sync.mark guardian@example.org, -sis.judged digest, -sis.person rgua', session_user), 'one that was nobody''s has left none');
ROLLBACK TO start;
SELECT rosterd.link_person(test.d(), pg_temp.id('bare'), 'rstu', 'asked');
SELECT is(pg_temp.changed(), format('+audit.change CRED-9 link_person by %s sis.person {"sourced_id": "rstu"} rstu bare asked, +directory.person rstu rstu was a student, +sis.judged, '
          '+sis.person rstu bare hand left rstu, +sync.mark +12125550101, +sync.mark +12125550201, +sync.mark bare, +sync.mark rstu, +sync.mark student@example.org, +sync.mark student@example.org, '
          '-directory.person rstu rstu, -sis.judged digest, -sis.person rstu rstu', session_user), 'a student''s account remembers that its record has left it');
SELECT is(test.sum_of(:door), :'next_door', 'nobody''s next door does');
ROLLBACK TO start;
SELECT rosterd.link_person(test.d(), pg_temp.id('rstu'), 'rstu', 'asked');
SELECT ok(pg_temp.changed() !~ 'was a student', 'which it has not, linked to whose it is');
ROLLBACK TO start;
UPDATE sis.judged SET digest = NULL WHERE district_id = test.d();
TRUNCATE before;
INSERT INTO before SELECT * FROM test.rows_of(test.d());
SELECT rosterd.link_person(test.d(), pg_temp.id('gua'), 'gua', 'asked');
SELECT is(pg_temp.changed(), format('+audit.change CRED-9 link_person by %s sis.person {"sourced_id": "gua"} gua gua asked, +sis.person gua gua hand left left_gua, '
          '+sync.mark gua, +sync.mark gua@example.org, +sync.mark gua@example.org, -sis.person gua gua left left_gua', session_user), 'linked to whose it is, it keeps what it has left, and no digest is not written');
SELECT is(test.sum_of(:door), :'next_door', 'nothing next door');

-- rule: SAFE-8
WITH p AS (INSERT INTO directory.person (district_id, given_name, family_name, status) VALUES (:far, 'F', 'F', 'invitee') RETURNING person_id)
INSERT INTO test.made SELECT 'far', person_id FROM p;
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, changed_by_run) VALUES (:far, 'f', 'F', 'F', U&'parent\001Es1', 1);
CREATE FUNCTION pg_temp.gate(d bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(l.mode, ' ') FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = sync.gate_key(d) $$;
SELECT is(pg_temp.gate(:far), NULL, 'nobody is at work in another district');
SELECT rosterd.link_person(:far, pg_temp.id('far'), 'f', 'asked');
SELECT is(pg_temp.gate(:far), 'ShareLock', 'who links goes in by its gate');
SELECT * FROM finish();
ROLLBACK;
