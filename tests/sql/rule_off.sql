-- A pause is no switch: no runs, and everything else as while the sync is on.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
UPDATE directory.person SET status = 'active' WHERE person_id = t.who('pupil');
SELECT t.setting('update_active_users = true');
INSERT INTO rosterd.source (district_id, host, username, credential) VALUES (t.d(), 'localhost', 'roster', 'oak');
CREATE TABLE t.act (call text);
INSERT INTO t.act VALUES
    ('create_student(D, leader, school.a, ''New'', ''Pupil'')'), ('archive_student(D, leader, pupil)'), ('restore_student(D, leader, former)'),
    ('add_student(D, leader, class.synced, other)'), ('add_co_teacher(D, teacher, class.synced, colleague)'),
    ('remove_member(D, leader, class.synced, pupil)'), ('update_account(D, pupil, ''Pip'', NULL, NULL, NULL, NULL)'),
    ('update_account(D, parent, ''Pa'', NULL, NULL, NULL, NULL)'), ('edit_person(D, manager, parent, ''Pa'', NULL, NULL, NULL, NULL)'),
    ('edit_person(D, manager, pupil, NULL, NULL, ''pip@example.org'', NULL, NULL)'), ('update_account(D, leader, ''Lee'', NULL, NULL, NULL, NULL)'),
    ('add_guardian(D, leader, pupil, ''Aunt'', ''Oakley'', ''aunt@example.org'', NULL, NULL)'), ('remove_guardian(D, leader, pupil, parent)'),
    ('add_teacher(D, leader, school.a, ''New'', ''Teacher'', ''new@example.org'')'), ('rename_classroom(D, teacher, class.synced, ''Ours'')'),
    ('create_classroom(D, teacher, school.a, ''Club'')');
CREATE FUNCTION t.states() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_all text := '';
    v_call text;
    v_who record;
BEGIN
    FOR v_call IN SELECT a.call FROM t.act AS a ORDER BY a.call LOOP
        v_call := replace(v_call, 'D,', t.d() || ',');
        FOR v_who IN SELECT w.name, w.id FROM t.who AS w ORDER BY length(w.name) DESC LOOP
            v_call := regexp_replace(v_call, '(?<=[ ,])' || replace(v_who.name, '.', '\.') || '(?=[,)])', v_who.id::text, 'g');
        END LOOP;
        v_all := v_all || t.state_of('SELECT api.' || v_call) || ' ';
    END LOOP;
    RETURN v_all;
END $$;
CREATE TABLE t.seen AS SELECT 'on' AS state, t.states() AS acts;
SELECT t.setting('paused_until = now() + interval ''1 day'', pause_reason = ''holidays''');
INSERT INTO t.seen SELECT 'paused', t.states();
CREATE TABLE t.daemon AS SELECT sync.daemon_start('test', '1') AS id;
SELECT count(*) FROM t.daemon, sync.lease_districts(id, 600);
\o
SELECT plan(3);
-- rule: OFF-4
SELECT is((SELECT acts FROM t.seen WHERE state = 'paused'), (SELECT acts FROM t.seen WHERE state = 'on'), 'paused, every act is allowed or refused as while on');
SELECT throws_like(format('SELECT sync.run_begin((SELECT id FROM t.daemon), %s, (SELECT epoch FROM rosterd.lease WHERE district_id = %s), ''schedule'', NULL)', t.d(), t.d()),
                   'the sync of oak is paused until %', 'and no run begins');
SELECT t.setting('paused_until = NULL, pause_reason = NULL, sync_enabled = false') \g /dev/null
SELECT isnt(t.states(), (SELECT acts FROM t.seen WHERE state = 'paused'), 'unlike off');
SELECT * FROM finish();
ROLLBACK;
