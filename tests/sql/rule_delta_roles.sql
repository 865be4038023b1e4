-- Roles that come without their people, under ids that other files and another district have, too.
BEGIN;
\ir lib.sql
SELECT plan(4);
SELECT test.district('elm');
SELECT test.org('s2', 'School 2'), test.class('ann', 'Class'), test.student('ann', 'Ann', 'Ash'), test.role('r1', 'ann', 'student'), test.role('r9', 'ann', 'student', 's2');
SELECT test.sync();
SELECT test.district('oak');
SELECT test.org('s2', 'School 2'), test.class('ann', 'Class'), test.student('ann', 'Ann', 'Ash'), test.role('r1', 'ann', 'student'),
       test.student('bob', 'Bob', 'Birch'), test.role('r5', 'bob', 'student');
SELECT test.sync();
SAVEPOINT known;

-- rule: IN-7
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.role('r1', 'ann', 'student');
SELECT test.sync();
SELECT is(test.schools('ann') || '|' || test.findings(), 's1|-:file.mode_changed -:file.mode_changed', 'a role that is told again stays');
ROLLBACK TO known;

-- rule: IN-7, SAFE-1
SELECT test.delta('users.csv', 'roles.csv');
SELECT test.bad('class', 'ann');
SELECT test.role('r2', 'ann', 'student', 's2');
SELECT test.sync();
SELECT is(test.schools('ann'), 's1 s2', 'a person''s role comes though a class of that id cannot be used');
ROLLBACK TO known;

-- rule: IN-7, SAFE-2
SELECT test.delta('users.csv', 'roles.csv', 'classes.csv');
SELECT test.gone('class', 'ann');
SELECT test.role('r2', 'ann', 'student', 's2');
SELECT test.sync();
SELECT is(test.schools('ann'), 's1 s2', 'and though the class of that id is gone');
ROLLBACK TO known;

-- rule: IN-7
SELECT test.delta('users.csv', 'roles.csv', 'classes.csv');
SELECT test.gone('role', 'r1'), test.gone('class', 'ann');
SELECT test.sync();
SELECT is(test.findings('role.none') || '|' || test.schools('ann'), 'ann|s1', 'whose last role is gone has none, whatever roles others have, and another district for them');

SELECT * FROM finish();
ROLLBACK;
