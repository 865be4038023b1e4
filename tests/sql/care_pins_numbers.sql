-- A person and a classroom of one number: a pin is of the one or of the other.
BEGIN;
\ir lib.sql
SELECT plan(16);
SELECT test.district();
-- No number of a person is that of a classroom yet.
SELECT setval(pg_get_serial_sequence('directory.person', 'person_id'),
              greatest(nextval(pg_get_serial_sequence('directory.person', 'person_id')), nextval(pg_get_serial_sequence('directory.classroom', 'classroom_id'))) + 1000);
SELECT test.class('c1', 'Class 1');
SELECT test.student('ann', 'Ann', 'Ash'), test.student('bob', 'Bob', 'Birch');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.guardian('gus', 'Gus', 'Birch', '{bob}', email => 'gus@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync();
CREATE FUNCTION pg_temp.class_of_the_number(p_class text, p_person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM setval(pg_get_serial_sequence('directory.classroom', 'classroom_id'), test.person(p_person), false);
    PERFORM test.class(p_class, 'Class of ' || p_person), test.enroll(p_class, 'bob');
    PERFORM test.sync();
END $$;
SELECT pg_temp.class_of_the_number('ca', 'ann'), pg_temp.class_of_the_number('ct', 'tea'), pg_temp.class_of_the_number('cg', 'gus');
SELECT is(concat_ws(' ', test.classroom('ca'), test.classroom('ct'), test.classroom('cg')), concat_ws(' ', test.person('ann'), test.person('tea'), test.person('gus')), 'three of each');
CREATE FUNCTION pg_temp.states() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(sourced_id || ' ' || state, ', ' ORDER BY sourced_id) FROM directory.classroom WHERE district_id = test.d() $$;
SAVEPOINT start;

-- rule: UPD-7
SELECT rosterd.pin(test.d(), 'classroom', test.classroom(c), 'the export forgets it') FROM unnest('{ca,ct,cg}'::text[]) c;
SELECT test.drop_person('ann'), test.drop_person('tea'), test.drop_person('gus');
SELECT test.sync();
SELECT is(test.schools('ann') || '|' || test.schools('tea') || '|' || test.members('c1') || '|' || test.invitations('gus'), '(s1)||bob|', 'a pinned classroom keeps no person of its number');
SELECT is(test.findings('pin.keeps'), '', 'and none is said to be kept');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
SELECT is(test.findings('pin.keeps'), '', 'also when the whole district is judged');

ROLLBACK TO start;
SELECT rosterd.pin(test.d(), 'person', test.person(p), 'until the SIS is mended') FROM unnest('{ann,tea,gus}'::text[]) p;
SELECT test.drop_class('ca'), test.drop_class('ct'), test.drop_class('cg');
SELECT test.sync();
SELECT is(pg_temp.states(), 'c1 active, ca archived, cg archived, ct archived', 'a pinned person keeps no classroom of their number');
SELECT is(test.findings('pin.keeps'), '', 'and none is said to be kept');
UPDATE sis.judged SET rules_version = 0 WHERE district_id = test.d();
SELECT test.sync(p_file => false);
SELECT is(test.findings('pin.keeps'), '', 'also when the whole district is judged');
ROLLBACK TO start;
SELECT test.setting('abandoned_classrooms', 'disconnect'), rosterd.pin(test.d(), 'person', test.person('gus'), 'until the SIS is mended');
SELECT test.drop_class('cg');
SELECT test.sync();
SELECT is((SELECT string_agg(concat_ws(' ', m.claim_sis, m.claim_manual), ',') FROM directory.membership m WHERE m.district_id = test.d() AND m.classroom_id = test.classroom('cg')), 'f t',
    'and none of its claims, when it is disconnected');
ROLLBACK TO start;

-- what an undo put back
SELECT test.drop_class('cg'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is((SELECT string_agg(kind || ' ' || sourced_id, ', ') FROM rosterd.pins WHERE undo_run IS NOT NULL AND kind = 'classroom'), 'classroom cg', 'an undo pins a classroom');
SELECT test.guardian('gus', 'August', 'Birch', '{bob}', email => 'august@example.org');
SELECT test.sync();
SELECT is((SELECT given_name FROM directory.person WHERE district_id = test.d() AND person_id = test.person('gus')) || ' ' || test.credentials('gus'), 'August august@example.org',
    'the person of its number goes by the SIS');
SELECT is((SELECT count(*) FROM rosterd.pins WHERE kind = 'classroom'), 1::bigint, 'which is no news of the classroom');
ROLLBACK TO start;
SELECT test.drop_person('tea'), test.sync() AS run \gset
SELECT count(*) FROM rosterd.undo(:run, false);
SELECT is((SELECT string_agg(kind || ' ' || sourced_id, ', ') FROM rosterd.pins WHERE undo_run IS NOT NULL AND kind = 'person'), 'person tea', 'and a person');
SELECT test.class('ct', 'Renamed');
SELECT test.sync();
SELECT is((SELECT name FROM directory.classroom WHERE district_id = test.d() AND classroom_id = test.classroom('ct')), 'Renamed', 'the classroom of their number goes by the SIS');
SELECT is((SELECT string_agg(sourced_id, ' ') FROM rosterd.pins WHERE kind = 'person'), 'tea', 'which is no news of the person');
SELECT is(test.schools('tea') || '|' || test.findings('pin.keeps'), 's1|tea', 'who stays');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org');
SELECT test.sync();
SELECT is((SELECT string_agg(sourced_id, ' ') FROM rosterd.pins WHERE kind = 'person'), NULL, 'until there is some');
SELECT * FROM finish();
ROLLBACK;
