-- Accounts: one's own, other people's, leaders, what goes out, and how credentials are read.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir libapi.sql
SELECT t.person('guest', 'invitee'), t.guardian('guest', 'pupil');
\o
CREATE FUNCTION t.holds(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(c.kind || ':' || c.value || CASE WHEN c.manual THEN ' manual' ELSE '' END, ', ' ORDER BY c.value), '')
      FROM directory.credential AS c WHERE c.district_id = t.d() AND c.person_id = t.who(p_person) $$;
CREATE FUNCTION t.named(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT given_name || ' ' || family_name FROM directory.person WHERE district_id = t.d() AND person_id = t.who(p_person) $$;
CREATE FUNCTION t.open(p_person text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(i.value, ' ' ORDER BY i.value), '') FROM directory.invitation AS i
     WHERE i.district_id = t.d() AND i.person_id = t.who(p_person) AND i.state = 'open' $$;
CREATE FUNCTION t.account(p_person text, p_given text DEFAULT NULL, p_email text DEFAULT NULL, p_sms text DEFAULT NULL, p_phone text DEFAULT NULL,
                          p_family text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT api.update_account(t.d(), t.who(p_person), p_given, p_family, p_email, p_sms, p_phone) $$;
CREATE FUNCTION t.edit(p_actor text, p_person text, p_given text DEFAULT NULL, p_email text DEFAULT NULL, p_sms text DEFAULT NULL, p_phone text DEFAULT NULL,
                       p_family text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    SELECT api.edit_person(t.d(), t.who(p_actor), t.who(p_person), p_given, p_family, p_email, p_sms, p_phone) $$;
SELECT plan(92);

-- rule: ACC-1
SELECT lives_ok($$SELECT t.account('parent', ' Pat ', 'Pat@Example.org', '415 555 2671')$$, 'an active person changes names and credentials');
SELECT is(t.named('parent') || ' ' || t.holds('parent'), 'Pat Oakley sms:+14155552671 manual, email:pat@example.org manual', 'of the kinds given');
SELECT is((SELECT string_agg(value, ' ' ORDER BY value) FROM sync.mark WHERE district_id = t.d() AND kind = 'credential'),
          '+14155552671 parent@example.org parent@example.org pat@example.org', 'the next run looks at every claimant of the old and the new');
SELECT lives_ok($$SELECT t.account('parent', p_phone => '+14155552671')$$, 'the number as phone too');
SELECT is(t.holds('parent'), 'sms:+14155552671 manual, email:pat@example.org manual', 'is the one credential it was');
SELECT lives_ok($$SELECT t.account('parent', p_phone => '415 555 0199')$$, 'another phone');
SELECT lives_ok($$SELECT t.account('parent', p_sms => '415 555 0199')$$, 'given as SMS later');
SELECT is(t.holds('parent'), 'sms:+14155550199 manual, email:pat@example.org manual', 'is one of kind sms, and replaces the SMS number');
SELECT lives_ok($$SELECT t.account('parent', p_email => '')$$, 'an empty e-mail takes it away');
SELECT is(t.holds('parent'), 'sms:+14155550199 manual', 'and leaves the rest');
SELECT is(t.state_of($$SELECT t.account('parent', p_sms => ' ')$$), 'RS009', 'the last one stays');
SELECT is(t.state_of($$SELECT t.account('parent', p_email => 'teacher@example.org')$$), 'RS005', 'somebody else''s is taken');
SELECT is(t.state_of($$SELECT t.account('parent', p_email => 'not an e-mail')$$), 'RS009', 'one that is none');
SELECT is(t.state_of($$SELECT t.account('parent', '')$$), '22023', 'a name has to be one');
SELECT is(t.state_of($$SELECT t.account('guest', 'Gus')$$), 'RS001', 'who is not active has no account to change');
SELECT lives_ok($$SELECT t.account('parent', p_email => 'sibling@example.org')$$, 'a student''s own copy gives way to their guardian');
SELECT is(t.holds('sibling'), '', 'the student holds it no more');
SELECT is((SELECT string_agg(DISTINCT rule || ' ' || act, ', ') FROM audit.change WHERE district_id = t.d() AND actor_id = t.who('parent')),
          'ACC-1 update_account, CRED-4 update_account', 'the audit says by which rule');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = t.d() AND relation = 'directory.person' AND actor_id = t.who('parent')), 1::bigint,
          'once a change: what stays the same is none');
SELECT is((SELECT before::text || after::text FROM audit.change WHERE district_id = t.d() AND relation = 'directory.person' AND actor_id = t.who('parent')),
          '{"given_name": "Parent", "family_name": "Oakley"}{"given_name": "Pat", "family_name": "Oakley"}', 'with before and after');

-- rule: STU-4
UPDATE directory.person SET status = 'active' WHERE person_id = t.who('pupil');
SELECT is(t.state_of($$SELECT t.account('pupil', 'Pippa')$$), 'RS007', 'students do not edit themselves while the sync is on');
SELECT t.setting('paused_until = now() + interval ''1 day'', pause_reason = ''holidays''') \g /dev/null
SELECT is(t.state_of($$SELECT t.account('pupil', 'Pippa')$$), 'RS007', 'paused too');
SELECT t.setting('paused_until = NULL, pause_reason = NULL') \g /dev/null
SELECT lives_ok($$SELECT t.edit('manager', 'pupil', 'Pippa')$$, 'USERS_MANAGER edits a synced student''s name');
SELECT is(t.named('pupil'), 'Pippa Oakley', 'people see it');
SELECT is((SELECT edited_given_name || coalesce(edited_family_name, '-') FROM directory.person WHERE person_id = t.who('pupil')), 'Pippa-', 'kept beside the SIS''s');
SELECT is(t.state_of($$SELECT t.edit('manager', 'pupil', p_email => 'pippa@example.org')$$), 'RS007', 'but nothing else of them');
SELECT is(t.state_of($$SELECT t.edit('manager', 'pupil', p_sms => '')$$), 'RS007', 'not even clearing it');
SELECT lives_ok($$SELECT t.edit('manager', 'pupil', '')$$, 'clearing the name');
SELECT is(t.named('pupil') || (SELECT edited_given_name FROM directory.person WHERE person_id = t.who('pupil')) IS NULL, true, 'takes the edit away');
SELECT is(t.named('pupil'), 'Pupil Oakley', 'and goes back to the SIS''s');
-- rule: OFF-2
SELECT t.setting('sync_enabled = false') \g /dev/null
SELECT is(t.state_of($$SELECT t.account('pupil', 'Pippa')$$), 'ok', 'with the sync off students edit themselves');
SELECT is(t.state_of($$SELECT t.edit('leader', 'pupil', p_email => 'pippa@example.org')$$), 'ok', 'and leaders edit students, credentials too');
SELECT is(t.state_of($$SELECT t.edit('leader', 'parent', 'P')$$), 'RS001', 'not everybody');
SELECT t.setting('sync_enabled = true') \g /dev/null

-- rule: GRD-4
SELECT lives_ok($$SELECT t.edit('manager', 'guest', 'Gus', 'gus@example.org')$$, 'USERS_MANAGER edits an invitee');
SELECT is(t.named('guest') || ' ' || t.holds('guest'), 'Gus Oakley email:gus@example.org manual', 'names and credentials');
SELECT is(t.open('guest'), 'gus@example.org', 'the old invitation is closed, a new one open');
SELECT lives_ok($$SELECT t.edit('manager', 'teacher', 'Tess', 'tess@example.org')$$, 'and active people');
SELECT is(t.named('teacher') || ' ' || t.holds('teacher'), 'Tess Oakley email:tess@example.org manual', 'alike');
SELECT is(t.state_of($$SELECT t.edit('manager', 'teacher', p_email => 'parent.former@example.org')$$), 'RS005', 'uniqueness holds');
SELECT is(t.state_of($$SELECT t.edit('manager', 'teacher', p_email => '')$$), 'RS009', 'nobody is left without a credential');
SELECT is((SELECT count(*) FROM sync.mark WHERE district_id = t.d() AND kind = 'person' AND id = t.who('guest')) > 0, true, 'the next run looks again at who was edited');
-- rule: GRD-5
SELECT is((SELECT string_agg(value || ' ' || what, ', ' ORDER BY value) FROM directory.notice WHERE district_id = t.d()),
          'guest@example.org address_replaced, teacher@example.org address_replaced', 'a replaced address gets a notice');
SELECT is(t.state_of($$SELECT t.edit('manager', 'manager', 'M')$$), 'ok', 'a manager reaches themselves');
SELECT is(t.state_of($$SELECT t.edit('manager', 'leader', 'L')$$), 'RS001', 'but no other leader');
SELECT is(t.state_of($$SELECT t.edit('chief.manager', 'leader', 'L')$$), 'RS001', 'nor does a district leader''s');
SELECT is(t.state_of($$SELECT t.edit('chief.manager', 'parent.b', 'P')$$), 'ok', 'which reaches people of all schools');
SELECT is(t.state_of($$SELECT t.edit('chief.manager', 'stranger', 'S')$$), 'ok', 'and of none');
SELECT is(t.state_of($$SELECT t.edit('manager', 'former', 'F')$$), 'ok', 'a school leader''s the archived students');
SELECT is(t.state_of($$SELECT t.edit('manager', 'teacher.b', 'T')$$), 'RS001', 'not the teachers of another school');
DELETE FROM directory.role WHERE person_id = t.who('manager');
SELECT ok(NOT api.is_users_manager(t.d(), t.who('manager')), 'who is no leader has no USERS_MANAGER');
SELECT is(t.state_of($$SELECT t.edit('manager', 'guest', 'G')$$), 'RS001', 'a grant left behind does not outlive the leadership');
INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual) VALUES (t.d(), t.who('manager'), t.who('school.a'), 'school_leader', false, true);
-- rule: UPD-5
SELECT t.setting('update_active_users = true') \g /dev/null
SELECT is(t.state_of($$SELECT t.account('teacher', p_email => 't2@example.org')$$), 'RS007', 'with update_active_users, who has a live record does not edit themselves');
SELECT is(t.state_of($$SELECT t.edit('manager', 'teacher', p_email => 't2@example.org')$$), 'RS007', 'nor is edited by hand');
SELECT is(t.state_of($$SELECT t.account('leader', p_email => 'l2@example.org')$$), 'ok', 'who has no record is their own');
SELECT is(t.state_of($$SELECT t.edit('manager', 'guest', 'G')$$), 'ok', 'and invitees are edited as ever');
UPDATE sis.person SET live = false WHERE person_id = t.who('teacher');
SELECT is(t.state_of($$SELECT t.account('teacher', p_email => 't2@example.org')$$), 'ok', 'so is who has left the SIS');
UPDATE sis.person SET live = true WHERE person_id = t.who('teacher');
SELECT t.setting('sync_enabled = false') \g /dev/null
SELECT is(t.state_of($$SELECT t.account('teacher', p_email => 't2@example.org')$$), 'ok', 'and with the sync off everybody');
SELECT t.setting('sync_enabled = true, update_active_users = false') \g /dev/null

-- rule: GRD-5
\o /dev/null
INSERT INTO t.who SELECT 'head', rosterd.appoint_leader(t.d(), t.who('school.b'), 'Hedda', 'Head', 'Hedda@Example.org'), 'person';
\o
SELECT is((SELECT status FROM directory.person WHERE person_id = t.who('head')), 'active', 'a leader is appointed, an active person');
SELECT is((SELECT proved FROM directory.credential WHERE value = 'hedda@example.org'), false, 'whose e-mail nobody has proved yet');
SELECT ok(api.leads(t.d(), t.who('head'), t.who('school.b')) AND NOT api.leads(t.d(), t.who('head'), t.who('school.a')), 'of one school');
SELECT is(rosterd.appoint_leader(t.d(), NULL, 'hedda', 'HEAD', 'hedda@example.org'), t.who('head'), 'the same person');
SELECT ok(api.leads(t.d(), t.who('head'), t.who('school.a')), 'of the district');
SELECT is(t.state_of(format('SELECT rosterd.appoint_leader(%s, NULL, %L, %L, %L)', t.d(), 'X', 'Y', 'hedda@example.org')), 'RS005', 'not by somebody else''s e-mail');
SELECT is(t.state_of(format('SELECT rosterd.appoint_leader(%s, NULL, %L, %L, NULL)', t.d(), 'X', 'Y')), 'RS009', 'not without one');
SELECT is(t.state_of(format('SELECT rosterd.appoint_leader(%s, -1, %L, %L, %L)', t.d(), 'X', 'Y', 'x@example.org')), 'RS008', 'nor of an unknown school');
SELECT is(rosterd.appoint_leader(t.d(), t.who('school.a'), 'Gus', 'Oakley', 'gus@example.org'), t.who('guest'), 'a guardian who is invited may be appointed');
SELECT is((SELECT status FROM directory.person WHERE person_id = t.who('guest')) || t.open('guest'), 'active', 'and is active then, with nothing open');
SELECT lives_ok(format('SELECT rosterd.grant_users_manager(%s, %s)', t.d(), t.who('head')), 'USERS_MANAGER is granted on the backend');
SELECT ok(api.is_users_manager(t.d(), t.who('head')), 'to a leader');
SELECT is(t.state_of(format('SELECT rosterd.grant_users_manager(%s, %s)', t.d(), t.who('teacher'))), 'RS001', 'to nobody else');
SELECT is(t.state_of(format('SELECT rosterd.grant_users_manager(%s, -1)', t.d())), 'RS008', 'nor to nobody');
SELECT lives_ok(format('SELECT rosterd.grant_users_manager(%s, %s)', t.d(), t.who('head')), 'again is nothing');
SELECT rosterd.revoke_users_manager(t.d(), t.who('head')) \g /dev/null
SELECT ok(NOT api.is_users_manager(t.d(), t.who('head')), 'and taken back');
SELECT rosterd.grant_users_manager(t.d(), t.who('head')) \g /dev/null
SELECT rosterd.dismiss_leader(t.d(), t.who('head')) \g /dev/null
SELECT ok(NOT api.leads(t.d(), t.who('head'), t.who('school.b')), 'who is dismissed leads nothing');
SELECT is((SELECT count(*) FROM directory.users_manager WHERE person_id = t.who('head')), 0::bigint, 'and has lost USERS_MANAGER');
SELECT is((SELECT status FROM directory.person WHERE person_id = t.who('head')), 'active', 'but keeps the account');
SELECT is(t.state_of(format('SELECT rosterd.dismiss_leader(%s, %s)', t.d(), t.who('head'))), 'RS008', 'who is no leader cannot be dismissed');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = t.d() AND act ~ '^(appoint|dismiss|grant|revoke).* by postgres$'), 10::bigint, 'the audit says which login did it');
SELECT ok(NOT has_function_privilege('rosterd_app', 'rosterd.grant_users_manager(bigint, bigint)', 'EXECUTE')
          AND has_function_privilege('rosterd_csm', 'rosterd.grant_users_manager(bigint, bigint)', 'EXECUTE')
          AND has_function_privilege('rosterd_ops', 'rosterd.appoint_leader(bigint, bigint, text, text, text)', 'EXECUTE'), 'never by the app');

-- rule: IN-6
DELETE FROM directory.invitation WHERE district_id = t.d();
DELETE FROM directory.notice WHERE district_id = t.d();
INSERT INTO directory.invitation (district_id, person_id, kind, value, state)
SELECT t.d(), t.who('parent'), 'email', v, s FROM (VALUES ('one@example.org', 'open'), ('old@example.org', 'closed'), ('two@example.org', 'open')) AS i (v, s);
INSERT INTO directory.notice (district_id, person_id, kind, value, what) VALUES (t.d(), t.who('parent'), 'email', 'gone@example.org', 'address_replaced');
CREATE TABLE t.taken AS SELECT * FROM api.take_outbox(t.d(), 2);
SELECT is((SELECT string_agg(what || ' ' || value, ', ' ORDER BY id) FROM t.taken), 'invitation one@example.org, invitation two@example.org', 'the outbox hands out open invitations, oldest first');
SELECT is((SELECT count(*) FROM t.taken JOIN directory.invitation AS i ON i.invitation_id = t.taken.id AND i.secret = t.taken.secret), 2::bigint, 'with their secrets');
INSERT INTO t.taken SELECT * FROM api.take_outbox(t.d(), 10);
SELECT is((SELECT what || ' ' || value || coalesce(secret, '') FROM t.taken ORDER BY id DESC LIMIT 1), 'address_replaced gone@example.org', 'then notices');
SELECT is((SELECT count(*) FROM api.take_outbox(t.d(), 10)), 0::bigint, 'each once');
SELECT api.outbox_sent(t.d(), ARRAY(SELECT id FROM t.taken)) \g /dev/null
SELECT is((SELECT count(*) FROM directory.invitation WHERE district_id = t.d() AND sent_at IS NOT NULL), 2::bigint, 'and are noted as sent');
SELECT is((SELECT count(*) FROM directory.notice WHERE district_id = t.d() AND sent_at IS NOT NULL), 1::bigint, 'notices too');
SELECT is(t.state_of(format('SELECT api.take_outbox(%s, 0)', t.d())), '22023', 'a limit is at least one');
SELECT ok(has_function_privilege('rosterd_outbox', 'api.take_outbox(bigint, integer)', 'EXECUTE')
          AND NOT has_function_privilege('rosterd_app', 'api.take_outbox(bigint, integer)', 'EXECUTE'), 'secrets are for the outbox only');

-- rule: CRED-3
SELECT is((SELECT array_agg(sync.normalise_email(e)) FROM unnest(ARRAY[' A.B+c@X.Org ', E'a\u200b@x.org\u00a0', 'a@b', 'a..b@x.org', '.a@x.org', 'a b@x.org', 'a@10.0.0.1', 'a@-x.org',
                                                                     U&'a@b\00FCcher.org', 'a@xn--bcher-kva.org', '@x.org', 'a@x.org@y.org', repeat('a', 65) || '@x.org']) AS e),
          ARRAY['a.b+c@x.org', 'a@x.org', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL], 'e-mails by hand');
SELECT is((SELECT array_agg(sync.normalise_phone(p, 'US')) FROM unnest(ARRAY['4155552671', '1 (415) 555-2671', '+1.415.555.2671', '+442079460958', '+390612345678', '+4402079460958',
                                                                           '+44 20 7946 0958', '0442079460958', '911', '115-555-2671', '415-155-2671', '4155552671 x2', '+19995552', 'call me']) AS p),
          ARRAY['+14155552671', '+14155552671', '+14155552671', '+442079460958', '+390612345678', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL], 'numbers by hand');
SELECT is(sync.normalise_phone('4155552671', 'GB'), NULL, 'ten digits mean something in North America only');
SELECT is((SELECT array_agg(DISTINCT sync.fold_name(n)) FROM unnest(ARRAY[U&'Stra\00DFe  \00C9', U&' STRASSE E\0301', U&'strasse \00E9']) AS n), ARRAY[U&'strasse \00E9'], 'the same name: case, spaces and composition do not matter');
SELECT isnt(sync.fold_name('Anna'), sync.fold_name('Ann a'), 'letters do');
SELECT * FROM finish();
ROLLBACK;
