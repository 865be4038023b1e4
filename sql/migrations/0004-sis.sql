-- The mirror. A record that is gone keeps its row with live = false: the links of a family that
-- left, and the name an id had, are needed when somebody returns. loss_withheld: the file says it
-- is gone, a hold says not yet.
CREATE TABLE sis.org (
    district_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    name text NOT NULL, type text NOT NULL, identifier text, parent text COLLATE "C",
    school_id bigint, live boolean NOT NULL DEFAULT true, loss_withheld boolean NOT NULL DEFAULT false,
    line bigint, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, sourced_id));
CREATE TABLE sis.session (
    district_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text NOT NULL, type text NOT NULL, start_date date, end_date date, parent text COLLATE "C", school_year text,
    live boolean NOT NULL DEFAULT true, line bigint, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, sourced_id));
CREATE TABLE sis.class (
    district_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text NOT NULL, class_code text, class_type text, course text COLLATE "C", school text COLLATE "C" NOT NULL, terms text[],
    classroom_id bigint, live boolean NOT NULL DEFAULT true, loss_withheld boolean NOT NULL DEFAULT false,
    line bigint, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, sourced_id));
CREATE TABLE sis.person (
    district_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    given_name text NOT NULL, family_name text NOT NULL,
    -- as staged: "role<U+001E>org" pairs joined by U+001F; read with sync.has_role and sync.role_orgs
    roles text COLLATE "C" NOT NULL,
    email text COLLATE "C", sms text COLLATE "C", phone text COLLATE "C", invalid text COLLATE "C",
    -- the account; NULL while a guardian is not added (CRED-1) or the role is not brought in (IN-7)
    person_id bigint,
    live boolean NOT NULL DEFAULT true, loss_withheld boolean NOT NULL DEFAULT false,
    line bigint, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, sourced_id));
CREATE INDEX person_by_account ON sis.person (district_id, person_id) WHERE person_id IS NOT NULL;
-- Every claim to a credential is the value in a record, also of people who were not added: a freed
-- credential finds its claimants here.
CREATE INDEX person_by_email ON sis.person (district_id, email) WHERE email IS NOT NULL;
CREATE INDEX person_by_sms ON sis.person (district_id, sms) WHERE sms IS NOT NULL;
CREATE INDEX person_by_phone ON sis.person (district_id, phone) WHERE phone IS NOT NULL;
-- A pair is live while every side that ever stated it together still does: both_needed is set once
-- both sides stated it (IN-5). Rows of a student who is gone stay as last accepted (UPD-2).
CREATE TABLE sis.link (
    district_id bigint NOT NULL, student text COLLATE "C" NOT NULL, guardian text COLLATE "C" NOT NULL,
    by_student boolean NOT NULL, by_guardian boolean NOT NULL, both_needed boolean NOT NULL,
    loss_withheld boolean NOT NULL DEFAULT false, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, student, guardian));
CREATE INDEX link_by_guardian ON sis.link (district_id, guardian);
CREATE TABLE sis.enrollment (
    district_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    class text COLLATE "C" NOT NULL, person text COLLATE "C" NOT NULL, role text NOT NULL,
    begin_date date, end_date date, loss_withheld boolean NOT NULL DEFAULT false,
    line bigint, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, sourced_id));
CREATE INDEX enrollment_by_class ON sis.enrollment (district_id, class);
CREATE INDEX enrollment_by_person ON sis.enrollment (district_id, person);
CREATE INDEX enrollment_by_begin ON sis.enrollment (district_id, begin_date) WHERE begin_date IS NOT NULL;
CREATE INDEX enrollment_by_end ON sis.enrollment (district_id, end_date) WHERE end_date IS NOT NULL;
-- What the mirror of a district was last judged by: when any of it moved on, the rules run again.
CREATE TABLE sis.judged (
    district_id bigint PRIMARY KEY, run_id bigint NOT NULL, judged_on date NOT NULL,
    settings_version bigint NOT NULL, rules_version integer NOT NULL,
    file_sha256 text COLLATE "C", files jsonb, token uuid NOT NULL);
