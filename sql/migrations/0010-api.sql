-- What the manual acts need beside the directory of 0005.

-- STU-4: a synced student's name given by hand. given_name and family_name stay what people see:
-- the edited part where there is one, else the SIS's.
ALTER TABLE directory.person
    ADD COLUMN edited_given_name text,
    ADD COLUMN edited_family_name text;
COMMENT ON COLUMN directory.person.edited_given_name IS 'Given by a users manager to a synced student; stays until cleared (STU-4).';
COMMENT ON COLUMN directory.person.edited_family_name IS 'Given by a users manager to a synced student; stays until cleared (STU-4).';

-- CRED-9 asks whether a person ever proved a credential: by accepting an invitation to it, or by
-- joining with it after the app had proved it.
ALTER TABLE directory.credential ADD COLUMN proved boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN directory.credential.proved IS 'The person accepted an invitation to it or joined with it (CRED-9).';

-- GRD-5: granted on the backend only. Counts only while the person is a leader.
CREATE TABLE directory.users_manager (
    district_id bigint NOT NULL, person_id bigint NOT NULL,
    granted_by text NOT NULL DEFAULT session_user, granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, person_id));
COMMENT ON TABLE directory.users_manager IS 'Leaders who may edit other people''s accounts (GRD-5).';

-- GRD-2: one code a classroom; a new one replaces it.
CREATE TABLE directory.join_code (
    district_id bigint NOT NULL, classroom_id bigint NOT NULL,
    code text COLLATE "C" NOT NULL, created_by bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, classroom_id));
CREATE UNIQUE INDEX join_code_by_code ON directory.join_code (district_id, code);
COMMENT ON TABLE directory.join_code IS 'Codes by which guardians join through a classroom (GRD-2). Not readable by the app: a code is shown once, when it is made.';

-- Messages to people about their own account. Same numbers as invitations, so that one list of ids
-- tells the outbox what was sent.
CREATE TABLE directory.notice (
    district_id bigint NOT NULL, notice_id bigint NOT NULL DEFAULT nextval('directory.invitation_invitation_id_seq'),
    person_id bigint NOT NULL, kind text NOT NULL, value text COLLATE "C" NOT NULL,
    what text NOT NULL CONSTRAINT what_is_known CHECK (what IN ('address_replaced', 'details_changed')),
    created_by_run bigint, created_at timestamptz NOT NULL DEFAULT now(), taken_at timestamptz, sent_at timestamptz,
    PRIMARY KEY (district_id, notice_id));
COMMENT ON TABLE directory.notice IS 'Notices to send: an address was replaced (GRD-5), details of an active person were changed by the sync (UPD-5).';

CREATE INDEX invitation_to_take ON directory.invitation (district_id, invitation_id) WHERE state = 'open' AND taken_at IS NULL;
CREATE INDEX notice_to_take ON directory.notice (district_id, notice_id) WHERE taken_at IS NULL;

-- The app reads what people see. Suspended and detached rows, secrets, codes and who proved what are
-- not for it.
GRANT SELECT ON directory.school, directory.classroom TO rosterd_app;
GRANT SELECT (district_id, person_id, sourced_id, given_name, family_name, status, account_enabled) ON directory.person TO rosterd_app;
GRANT SELECT (district_id, person_id, kind, value) ON directory.credential TO rosterd_app;
GRANT SELECT (district_id, person_id, kind, value, state, created_at, ended_at) ON directory.invitation TO rosterd_app;
