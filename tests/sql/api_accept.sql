-- Accepting an invitation.
BEGIN;
\set QUIET 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS dblink;
\o /dev/null
\ir libapi.sql
SELECT t.person('guest', 'invitee'), t.person('guest2', 'invitee'), t.person('guest3', 'invitee');
SELECT t.guardian('guest', 'pupil'), t.guardian('guest2', 'pupil'), t.guardian('guest3', 'pupil');
INSERT INTO directory.credential (district_id, person_id, kind, value) VALUES (t.d(), t.who('guest'), 'sms', '+14155552671');
INSERT INTO directory.invitation (district_id, person_id, kind, value) VALUES (t.d(), t.who('guest'), 'sms', '+14155552671');
-- an older invitation of guest3, replaced by the open one
INSERT INTO directory.invitation (district_id, person_id, kind, value, secret, state)
VALUES (t.d(), t.who('guest3'), 'email', 'guest3@example.org', 'old', 'closed');
CREATE TABLE t.sent AS SELECT person_id, kind, secret FROM directory.invitation WHERE district_id = t.d();
\o
CREATE FUNCTION t.sent(p_person text, p_kind text) RETURNS text LANGUAGE sql AS $$
    SELECT secret FROM t.sent WHERE person_id = t.who(p_person) AND kind = p_kind AND secret <> 'old' $$;
SELECT plan(28);

-- First of all: once an act of this transaction has entered the gate, no run can close it.
-- rule: SAFE-8
\o /dev/null
SELECT dblink_connect('run', format('dbname=%s host=%s port=%s user=%s', current_database(), split_part(current_setting('unix_socket_directories'), ',', 1),
                                    current_setting('port'), current_user));
SELECT dblink_exec('run', 'SET lock_timeout = ''5s'''), dblink_exec('run', 'BEGIN');
SELECT * FROM dblink('run', format('SELECT pg_advisory_xact_lock(%s)::text', sync.gate_key(t.d()))) AS l (x text);
\o
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), t.sent('guest2', 'email')), 'RS012', 'the district is busy with a sync',
                 'while a run applies, the act is told to try again');
SELECT is((SELECT status FROM directory.person WHERE district_id = t.d() AND person_id = t.who('guest2')), 'invitee', 'and changed nothing');
\o /dev/null
SELECT dblink_exec('run', 'COMMIT'), dblink_disconnect('run');
\o

-- rule: ACC-2
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), 'old'), 'RS011', 'the invitation is not open', 'a replaced invitation is refused');
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), 'nonsense'), 'RS011', 'the invitation is not open', 'an unknown secret in the same words');
SELECT throws_ok(format('SELECT api.accept_invitation(%s, NULL)', t.d()), 'RS011', 'the invitation is not open', 'no secret too');
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.who('far'), t.sent('guest', 'email')), 'RS011', 'the invitation is not open',
                 'a secret of another district too');
SELECT is(api.accept_invitation(t.d(), t.sent('guest', 'email')), t.who('guest'), 'an open one gives the person');
SELECT is((SELECT status FROM directory.person WHERE district_id = t.d() AND person_id = t.who('guest')), 'active', 'who is active now');
SELECT isnt((SELECT active_since FROM directory.person WHERE district_id = t.d() AND person_id = t.who('guest')), NULL, 'since now');
SELECT is((SELECT string_agg(kind || ' ' || state, ', ' ORDER BY kind) FROM directory.invitation WHERE district_id = t.d() AND person_id = t.who('guest')),
          'email accepted, sms closed', 'the one is accepted, the other one closed');
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), t.sent('guest', 'email')), 'RS011', NULL, 'it is accepted once');
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), t.sent('guest', 'sms')), 'RS011', NULL, 'and so is the person');
SELECT is((SELECT status FROM directory.person WHERE district_id = t.d() AND person_id = t.who('guest2')), 'invitee', 'nobody else became active');
SELECT is((SELECT string_agg(value || ' ' || proved, ', ' ORDER BY kind) FROM directory.credential WHERE district_id = t.d() AND person_id = t.who('guest')),
          'guest@example.org true, +14155552671 false', 'the credential of the accepted invitation is proved');
SELECT is((SELECT string_agg(DISTINCT value, ' ' ORDER BY value) FROM directory.credential WHERE district_id = t.d() AND person_id = t.who('guest')),
          '+14155552671 guest@example.org', 'both stay theirs');
SELECT is((SELECT count(*) FROM directory.invitation WHERE district_id = t.d() AND person_id = t.who('guest3') AND state = 'open'), 1::bigint,
          'other people''s invitations stay open');
SELECT is(api.accept_invitation(t.d(), t.sent('guest3', 'email')), t.who('guest3'), 'the newest one of a person with an older one works');

-- an open invitation to a value the person does not hold any more is worth nothing
UPDATE directory.credential SET person_id = t.who('parent') WHERE district_id = t.d() AND value = 'guest2@example.org';
SELECT throws_ok(format('SELECT api.accept_invitation(%s, %L)', t.d(), t.sent('guest2', 'email')), 'RS011', NULL,
                 'nobody becomes active by a credential that is somebody else''s');
UPDATE directory.credential SET person_id = t.who('guest2') WHERE district_id = t.d() AND value = 'guest2@example.org';
SELECT is(api.accept_invitation(t.d(), t.sent('guest2', 'email')), t.who('guest2'), 'with it, the same secret works');

-- nor does somebody active accept what was left open
INSERT INTO directory.invitation (district_id, person_id, kind, value, secret) VALUES (t.d(), t.who('parent'), 'email', 'parent@example.org', 'left open');
SELECT is(t.state_of(format('SELECT api.accept_invitation(%s, %L)', t.d(), 'left open')), 'RS011', 'an active person has nothing to accept');

-- marks and audit
SELECT is((SELECT count(*) FROM sync.mark WHERE district_id = t.d() AND kind = 'person' AND id = t.who('guest')), 1::bigint, 'the next run looks at the person');
SELECT is((SELECT string_agg(value, ' ' ORDER BY value) FROM sync.mark WHERE district_id = t.d() AND kind = 'credential' AND value ~ 'guest@|4155552671'),
          '+14155552671 guest@example.org', 'and at every claimant of what they hold');
SELECT is((SELECT string_agg(act || ' ' || rule || ' ' || (before ->> 'status') || ' ' || (after ->> 'status'), ',') FROM audit.change
            WHERE district_id = t.d() AND actor_id = t.who('guest') AND relation = 'directory.person' AND key = jsonb_build_object('person_id', t.who('guest'))),
          'accept_invitation ACC-2 invitee active', 'the audit says who, by what and what changed');
SELECT is((SELECT count(*) FROM audit.change WHERE district_id = t.d() AND actor_id = t.who('guest') AND relation = 'directory.invitation'), 2::bigint,
          'also of the invitations');

-- least rights
SELECT ok(has_function_privilege('rosterd_app', 'api.accept_invitation(bigint, text)', 'EXECUTE'), 'the app may call it');
SELECT ok(NOT has_function_privilege('rosterd_daemon', 'api.accept_invitation(bigint, text)', 'EXECUTE'), 'the daemon may not');
SELECT ok(NOT has_column_privilege('rosterd_app', 'directory.invitation', 'secret', 'SELECT'), 'the app does not read secrets');
SELECT ok(has_column_privilege('rosterd_app', 'directory.invitation', 'state', 'SELECT'), 'but states');

SELECT * FROM finish();
ROLLBACK;
