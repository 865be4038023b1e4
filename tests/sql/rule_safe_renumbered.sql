-- The same people under new ids are neither leavers nor newcomers.
BEGIN;
\ir lib.sql
SELECT plan(31);
CREATE FUNCTION test.state(p_run bigint) RETURNS text LANGUAGE sql AS $$ SELECT state FROM rosterd.run WHERE run_id = p_run $$;
CREATE FUNCTION test.people() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE sourced_id ~ '^x')) FROM directory.person WHERE district_id = test.d() $$;
-- new ids for everybody whose id begins so
CREATE FUNCTION test.renumber(p_from text) RETURNS void LANGUAGE sql AS $$
    UPDATE test.sis_person SET agents = ARRAY(SELECT CASE WHEN a ~ ('^' || p_from) THEN 'x' || a ELSE a END FROM unnest(agents) a);
    UPDATE test.sis_enroll SET id = 'x' || id, person = 'x' || person WHERE person ~ ('^' || p_from);
    UPDATE test.sis_person SET id = 'x' || id WHERE id ~ ('^' || p_from) $$;

SELECT test.district();
SELECT test.setting('on_limit', 'hold-removals');
SELECT test.org('s2', 'School 2'), test.class('c1', 'Class 1');
SELECT count(test.student('p' || n, 'P' || n, 'Pine', schools => ARRAY[CASE WHEN n % 2 = 0 THEN 's2' ELSE 's1' END])),
       count(test.guardian('g' || n, 'G' || n, 'Pine', ARRAY['p' || n], email => 'g' || n || '@example.org')),
       count(test.enroll('c1', 'p' || n))
FROM generate_series(1, 60) n;
SELECT count(test.teacher('t' || n, 'T' || n, 'Teak', 't' || n || '@example.org')) FROM generate_series(1, 3) n;
SELECT test.night();
SELECT test.accept('g7'), test.accept('t1');
SELECT test.person('p7') AS p7, test.person('g7') AS g7 \gset
SAVEPOINT start;

-- rule: SAFE-5
SELECT test.renumber('[pg]');
SELECT test.versions() AS before \gset
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || ' ' || (SELECT reason FROM rosterd.run WHERE run_id = :run), 'held plan.ids_renumbered', 'people under new ids are recognised');
SELECT is((SELECT withholds FROM rosterd.hold WHERE run_id = :run), 'all', 'nothing is applied, though removals alone would wait alone');
SELECT is(test.versions(), :'before', 'nothing at all');
SELECT is((SELECT shown -> 'mapping' FROM rosterd.hold WHERE run_id = :run), '{"students": 60, "guardians": 59}', 'it says how many: g7 is known by a credential that was proved');
SELECT is((SELECT would[1] FROM rosterd.holds), '60 students seem to be here already under another id: same name, schools and family, at School 1', 'and why it thinks so');
SELECT is((SELECT what_to_do ~ format('approve\(%s, ''why'', ''mapping''\)', :run) FROM rosterd.holds), true, 'the mapping is what it offers');
SELECT is((SELECT count(*) FROM rosterd.hold WHERE shown::text ~ '[pg][0-9]'), 0::bigint, 'without anybody''s id');
SAVEPOINT held;
SELECT rosterd.approve(:run, 'their new SIS', 'mapping');
SELECT test.carry_out() AS mapped \gset
SELECT is(test.state(:mapped), 'done', 'approved with the mapping');
SELECT is(test.people(), '123 0', 'nobody is added, and everybody shows the first id');
SELECT is(test.person('xp7') || ' ' || test.person('p7'), :'p7' || ' ' || :'p7', 'both records are of one person');
SELECT is((SELECT live FROM sis.person WHERE sourced_id = 'p7'), false, 'the old one is gone');
SELECT is(test.guardians('p7') || test.schools('p7') || (SELECT status FROM directory.person WHERE person_id = :g7), 'g7s1active', 'who keeps guardian, school and account');
SELECT is((SELECT count(*) FROM directory.member WHERE district_id = test.d()), 60::bigint, 'and classroom');
SELECT is((SELECT count(*) FROM audit.change WHERE run_id = :mapped), 0::bigint, 'nothing changed for people');
SELECT is((SELECT count(*) FROM sync.offered), 0::bigint, 'and the mapping is forgotten');
SELECT is(test.state(test.night()), 'done', 'the next file with the new ids');
SELECT is(test.people(), '123 0', 'changes nothing');
SELECT test.drop_person('xp7');
SELECT test.night();
SELECT is(test.schools('p7'), '(s1)', 'who leaves under the new id leaves');
ROLLBACK TO held;
SELECT rosterd.approve(:run, 'they are others', 'all');
SELECT test.carry_out();
SELECT is(test.people(), '242 119', 'approved without, they are newcomers, all but the guardian whose e-mail is in use');
SELECT is(test.schools('p7') || test.schools('xp7'), '(s1)s1', 'and the others have left');
ROLLBACK TO held;
SELECT rosterd.approve(:run, 'x', 'mapping'), test.student('new', 'New', 'Nut');
SELECT test.carry_out() AS other \gset
SELECT is(test.state(:other), 'held', 'more than was shown is held again');
SELECT is(test.people(), '123 0', 'and nobody is taken for anybody');
ROLLBACK TO start;
-- 21 of 60 guardians; their students keep their ids, and g7 is known by a credential
SELECT test.renumber('g([1-9]|1[0-9]|2[0-2])$');
SELECT test.night() AS run \gset
SELECT is((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', '21 under new ids are over the limit');
ROLLBACK TO start;
SELECT test.renumber('g([1-9]|1[0-9]|2[01])$');
SELECT is(test.state(test.night()), 'done', '20 are not');
ROLLBACK TO start;
SELECT test.renumber('p');
UPDATE test.sis_person SET family = 'Oak' WHERE id ~ '^xp';
SELECT test.night() AS run \gset
SELECT isnt((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', 'other names are other people');
ROLLBACK TO start;
SELECT test.renumber('p');
UPDATE test.sis_person SET orgs = CASE orgs WHEN '{s1}' THEN '{s2}'::text[] ELSE '{s1}' END WHERE id ~ '^xp';
SELECT test.night() AS run \gset
SELECT isnt((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', 'so are those at other schools');
ROLLBACK TO start;
SELECT test.renumber('p');
UPDATE test.sis_person SET agents = ARRAY['xp' || (substr(id, 2)::integer % 60 + 1)] WHERE id ~ '^g';
SELECT test.night() AS run \gset
SELECT isnt((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', 'and those of other families');
ROLLBACK TO start;
-- twins nobody can tell apart: same name, school and guardian
UPDATE test.sis_person SET given = 'Sam', agents = '{}', orgs = '{s1}' WHERE id ~ '^p';
UPDATE test.sis_person SET agents = ARRAY(SELECT 'p' || n FROM generate_series(1, 60) n) WHERE id = 'g1';
UPDATE test.sis_person SET agents = '{}' WHERE id ~ '^g' AND id <> 'g1';
SELECT rosterd.approve(test.night(), 'x');
SELECT test.carry_out();
SELECT test.renumber('p');
SELECT test.night() AS run \gset
SELECT isnt((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', 'who cannot be told apart is not taken for anybody');
ROLLBACK TO start;
SELECT test.renumber('p');
UPDATE test.sis_person SET given = upper(given) WHERE id ~ '^xp';
SELECT test.night() AS run \gset
SELECT is((SELECT reason FROM rosterd.run WHERE run_id = :run), 'plan.ids_renumbered', 'case does not make another name');
-- rule: UPD-2
-- Students under new ids, whose guardians kept theirs: what is taken from a student later is taken.
ROLLBACK TO start;
SELECT test.renumber('p');
SELECT test.night() AS run \gset
SELECT rosterd.approve(:run, 'new numbers', 'mapping');
SELECT test.carry_out() AS mapped \gset
SELECT is(test.state(:mapped) || ' ' || test.guardians('p8') || ' ' || test.people(), 'done g8 123 0', 'students under new ids keep their guardians');
SELECT test.guardian('g8', 'G8', 'Pine', email => 'g8@example.org');
SELECT test.night() AS run \gset
SELECT is(test.state(:run) || test.guardians('p8'), 'done', 'and lose whom the SIS takes from them under the new one');
SELECT * FROM finish();
ROLLBACK;
