-- EXTREME for those who left before takes out exactly the families who have left, row by row, beside a district
-- with the same ids and numbers.
BEGIN;
\ir lib.sql
\ir ../model/neighbour.sql
SELECT plan(12);
SELECT test.district();
SELECT test.org('s2', 'School 2'), test.org('s3', 'School 3'), test.class('arc', 'Archived'), test.class('old', 'Archived, too'), test.class('act', 'Active'), test.class('far', 'Elsewhere', 's2');
-- Each student with one guardian, g and the name: who is at both schools, and in all classes.
CREATE FUNCTION pg_temp.family(p text) RETURNS void LANGUAGE sql AS $$
    SELECT test.student(p, initcap(p), 'Ash', schools => '{s1,s2}'), test.guardian('g' || p, 'Gus', p, ARRAY[p], email => 'g' || p || '@example.org'),
           test.enroll('arc', p), test.enroll('old', p), test.enroll('act', p), test.enroll('far', p) $$;
SELECT pg_temp.family(f) FROM unnest('{gone,live,stay,hand,pinned,out,both,dual,full,byone,twice,other}'::text[]) f;
SELECT test.sync();
SELECT test.drop_class('arc'), test.drop_class('old'), test.sync();
SELECT test.drop_person(f) FROM unnest('{gone,stay,hand,pinned,out,both,dual,full,byone,twice,other}'::text[]) f;
SELECT test.drop_person('g' || f) FROM unnest('{gone,live,hand,pinned,out,twice,other}'::text[]) f;
SELECT test.sync();
-- somebody changes later
SELECT test.student('late', 'Late', 'Ash'), test.sync();
-- gone and other have left. live: only the school has. stay: the guardian is there. hand: by a leader. pinned: kept. out: done already.
UPDATE directory.role SET state = 'archived' WHERE district_id = test.d() AND person_id = test.person('live');
UPDATE directory.role SET claim_sis = false, claim_manual = true WHERE district_id = test.d() AND person_id = test.person('hand');
UPDATE directory.role SET state = 'active' WHERE district_id = test.d() AND person_id = test.person('pinned');
UPDATE directory.role SET state = 'detached' WHERE district_id = test.d() AND person_id = test.person('out');
-- Of the others the guardian is there as well. Of both and dual one side alone states it, which is not enough; of byone it is; of full they agree.
UPDATE sis.link SET both_needed = true, by_student = false, by_guardian = true WHERE district_id = test.d() AND student = 'both';
UPDATE sis.link SET both_needed = true, by_student = true, by_guardian = student = 'full' WHERE district_id = test.d() AND student IN ('dual', 'full');
UPDATE sis.link SET both_needed = false, by_student = true, by_guardian = false WHERE district_id = test.d() AND student = 'byone';
-- twice had another id before, with a guardian who is there; the last id speaks
INSERT INTO sis.person SELECT (jsonb_populate_record(p, '{"sourced_id": "twice0", "changed_by_run": 0}')).* FROM sis.person p WHERE p.district_id = test.d() AND p.sourced_id = 'twice';
INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run) VALUES (test.d(), 'twice0', 'gstay', true, true, false, 0);
SELECT test.person('gone') AS gone, test.person('pinned') AS pinned, test.person('stay') AS stay \gset
-- gone is a teacher somewhere, too, a student by hand at a third school, and out of one class already
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual, state) VALUES (test.d(), :gone, test.school('s1'), 'teacher', true, false, 'archived'), (test.d(), test.person('ghand'), test.school('s1'), 'teacher', true, false, 'archived'),
    (test.d(), :gone, test.school('s3'), 'student', false, true, 'active');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) SELECT test.d(), test.classroom(c), :gone, 'teacher', true, false FROM unnest('{arc,act}'::text[]) c;
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual) VALUES (test.d(), test.classroom('act'), :gone, 'student', false, true);
UPDATE directory.membership SET detached = true WHERE district_id = test.d() AND classroom_id = test.classroom('old') AND person_id = :gone;
SELECT test.setting('abandonment', 'extreme');
DELETE FROM sync.mark WHERE district_id = test.d();

-- Next door are the same ids and numbers with the opposite of everything, and what must not be taken for what is here.
INSERT INTO rosterd.district (slug, name) VALUES ('next-door', 'Next Door') RETURNING district_id AS door \gset
SELECT test.become_opposite(:door, test.d());
UPDATE directory.role SET state = 'archived', claim_sis = true WHERE district_id = :door;
UPDATE directory.membership SET detached = false WHERE district_id = :door;
UPDATE directory.person SET sourced_id = 'next ' || sourced_id WHERE district_id = :door;
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, state) VALUES (:door, :gone, 0, 'student', true, 'archived');
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis) VALUES (:door, 0, :gone, 'student', true);
INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis) VALUES (:door, :gone, test.person('gstay'), true);
INSERT INTO sis.link (district_id, student, guardian, by_student, by_guardian, both_needed, changed_by_run) VALUES (:door, 'gone', 'gstay', true, true, false, 1);
UPDATE sis.person SET person_id = :gone, live = false, changed_by_run = 1000000000 WHERE district_id = :door AND sourced_id = 'stay';
INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, live, person_id, changed_by_run) VALUES (:door, 'stay2', 'S', 'T', 'student', false, :stay, 1000000000);

CREATE TEMP TABLE before AS SELECT * FROM test.rows_of(test.d());
CREATE FUNCTION pg_temp.said_of(p_relation text, r jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p_relation, coalesce(test.name_of((r ->> 'person_id')::bigint), r ->> 'value', test.name_of((r ->> 'id')::bigint)), r ->> 'role',
                     (SELECT s.sourced_id FROM directory.school s WHERE s.district_id = test.d() AND s.school_id = (r ->> 'school_id')::bigint),
                     (SELECT c.sourced_id FROM directory.classroom c WHERE c.district_id = test.d() AND c.classroom_id = (r ->> 'classroom_id')::bigint),
                     r ->> 'state', CASE WHEN (r ->> 'detached')::boolean THEN 'detached' END) $$;
-- What changed in the district, as many tables as there are
CREATE FUNCTION pg_temp.changed() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.said, ', ' ORDER BY x.said COLLATE "C") FROM (
        SELECT '-' || pg_temp.said_of(relation, line) AS said FROM (SELECT * FROM before EXCEPT SELECT * FROM test.rows_of(test.d())) x
        UNION ALL SELECT '+' || pg_temp.said_of(relation, line) FROM (SELECT * FROM test.rows_of(test.d()) EXCEPT SELECT * FROM before) x WHERE relation <> 'audit.change') x $$;
CREATE FUNCTION pg_temp.told(p_preview boolean) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', x.sourced_id, x.guardians, x.schools, x.classrooms, x.student_id = test.person(x.sourced_id)), ', ' ORDER BY x.sourced_id) FROM rosterd.apply_extreme(test.d(), p_preview) x $$;
CREATE FUNCTION pg_temp.locked() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(p.sourced_id, ' ' ORDER BY p.sourced_id) FROM directory.person p WHERE p.district_id = test.d() AND p.xmax::text <> '0' $$;
SELECT test.sum_of(:door) AS next_door \gset

-- rule: ABN-E4
SELECT is(pg_temp.told(true), 'both 1 2 2 t, dual 1 2 2 t, gone 1 2 2 t, other 1 2 2 t, twice 1 2 2 t', 'a preview tells who has left, at how many schools and in how many classrooms they are');
SELECT is(pg_temp.changed(), NULL, 'and changes nothing');
SELECT is(pg_temp.locked(), NULL, 'nor locks anybody');
SELECT is(pg_temp.told(false), 'both 1 2 2 t, dual 1 2 2 t, gone 1 2 2 t, other 1 2 2 t, twice 1 2 2 t', 'the act tells the same');
-- rule: SAFE-8
SELECT is(pg_temp.locked(), 'both dual gone other twice', 'with these people locked');
-- rule: ABN-E4
SELECT set_eq('SELECT pg_temp.changed()', $$
    WITH taken AS (
        SELECT format('directory.membership %s student %s', n, c) AS place, '' AS was, ' detached' AS is FROM unnest('{both,dual,gone,other,twice}'::text[]) n, unnest('{arc,old}'::text[]) c WHERE (n, c) <> ('gone', 'old')
        UNION ALL SELECT format('directory.role %s student %s', n, s), ' archived', ' detached' FROM unnest('{both,dual,gone,other,twice}'::text[]) n, unnest('{s1,s2}'::text[]) s)
    SELECT string_agg(x.said, ', ' ORDER BY x.said COLLATE "C")
    FROM (SELECT '-' || place || was AS said FROM taken UNION ALL SELECT '+' || place || t.is FROM taken t UNION ALL SELECT '+sync.mark ' || n FROM unnest('{both,dual,gone,other,twice}'::text[]) n) x $$,
    'it takes them out of the schools they have left and of the archived classrooms, and nobody else');
SELECT set_eq(format($$ SELECT c.act, c.relation, c.key, c.before, c.after FROM audit.change c WHERE c.district_id = test.d() AND c.rule = 'ABN-E4' $$), format($$
    SELECT %1$L AS act, b.relation, b.line - ARRAY['state', 'claim_sis', 'claim_manual', 'suspended', 'detached', 'created_by_run', 'district_id'] AS key,
           jsonb_strip_nulls(jsonb_build_object('claim_sis', b.line -> 'claim_sis', 'claim_manual', b.line -> 'claim_manual', 'suspended', b.line -> 'suspended', 'state', b.line -> 'state', 'detached', b.line -> 'detached')) AS before,
           jsonb_strip_nulls(jsonb_build_object('claim_sis', n.line -> 'claim_sis', 'claim_manual', n.line -> 'claim_manual', 'suspended', n.line -> 'suspended', 'state', n.line -> 'state', 'detached', n.line -> 'detached')) AS after
    FROM before b JOIN test.rows_of(test.d()) n ON n.relation = b.relation AND (n.line - ARRAY['state', 'detached']) = (b.line - ARRAY['state', 'detached']) AND n.line <> b.line $$,
    'apply_extreme by ' || session_user), 'the audit has each of them, as it was and as it is');
SELECT is(test.sum_of(:door), :'next_door', 'nothing next door');

-- refusals
SELECT throws_ok('SELECT rosterd.apply_extreme(test.d(), NULL)', '22023', 'preview is true or false', 'it has to be said whether it is a preview');
SELECT test.setting('abandonment', 'soft');
SELECT throws_like('SELECT rosterd.apply_extreme(test.d(), false)', '%abandonment = ''extreme''%', 'and the district has to have asked for it');
SELECT is(pg_temp.told(true), NULL, 'nobody is left to take out, nor does a preview need the setting');

-- rule: SAFE-8
INSERT INTO rosterd.district (slug, name, abandonment) VALUES ('far', 'Far', 'extreme') RETURNING district_id AS far \gset
SELECT count(*) FROM rosterd.apply_extreme(:far, true);
SELECT is((SELECT string_agg(l.mode, ' ') FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.objsubid = 1
             AND (l.classid::bigint << 32 | l.objid::bigint) = sync.gate_key(:far)), 'ShareLock', 'it goes in by the gate');
SELECT * FROM finish();
ROLLBACK;
