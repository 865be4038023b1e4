-- What a run works out before it applies anything: unlogged, one leaf a slot, like stage. After a
-- crash they are empty, and sync.apply refuses a plan whose counts differ from the slot's header.
--
-- In the order they are filled:
--   delta_*   what the file changes in the mirror
--   scope     which part of the district has to be judged again
--   after_*   that part of the mirror as it will be: sis overlaid by the delta
--   plan_*    what the rules make of it: rows of the directory with what becomes of them

CREATE UNLOGGED TABLE sync.scope (
    slot smallint PRIMARY KEY, run_id bigint NOT NULL, district_id bigint NOT NULL, today date NOT NULL,
    staged boolean NOT NULL,
    -- marks that were there before anything was read; the others are news to sync.apply
    marks bigint[] NOT NULL,
    -- the whole district; else the arrays say what
    whole boolean NOT NULL,
    -- people: sis ids to load. Of these, judged: those whose accounts may change.
    people text[] COLLATE "C", judged text[] COLLATE "C",
    accounts bigint[], judged_accounts bigint[],
    classes text[] COLLATE "C", classrooms bigint[],
    -- credentials to give out anew; every claimant of them is among people and accounts
    contested text[] COLLATE "C",
    -- the settings the rules read, as they were when the run began
    settings_version bigint NOT NULL, relatives_are_guardians boolean NOT NULL, phone_is_credential boolean NOT NULL,
    abandonment text NOT NULL, abandoned_classrooms text NOT NULL, unarchive_reappearing boolean NOT NULL,
    update_active_users boolean NOT NULL, merge_duplicate_guardians boolean NOT NULL);

CREATE TABLE sync.delta_kept (slot smallint NOT NULL, kind text NOT NULL, sourced_id text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_kept IS 'Records that the file has but cannot be used for: they stay as they are (SAFE-1).';
CREATE TABLE sync.delta_skip (slot smallint NOT NULL, kind text NOT NULL, line bigint NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_skip IS 'Staged rows that are not used.';

-- op: new, changed, gone, or back (known, was gone)
CREATE TABLE sync.delta_org (
    slot smallint NOT NULL, op text NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    name text, type text, identifier text, parent text COLLATE "C", line bigint) PARTITION BY LIST (slot);
CREATE TABLE sync.delta_session (
    slot smallint NOT NULL, op text NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text, type text, start_date date, end_date date, parent text COLLATE "C", school_year text, line bigint) PARTITION BY LIST (slot);
CREATE TABLE sync.delta_class (
    slot smallint NOT NULL, op text NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text, class_code text, class_type text, course text COLLATE "C", school text COLLATE "C", terms text[], line bigint) PARTITION BY LIST (slot);
CREATE TABLE sync.delta_person (
    slot smallint NOT NULL, op text NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    given_name text, family_name text, roles text COLLATE "C",
    email text COLLATE "C", sms text COLLATE "C", phone text COLLATE "C", invalid text COLLATE "C", line bigint) PARTITION BY LIST (slot);
CREATE TABLE sync.delta_link (
    slot smallint NOT NULL, op text NOT NULL, student text COLLATE "C" NOT NULL, guardian text COLLATE "C" NOT NULL,
    by_student boolean NOT NULL, by_guardian boolean NOT NULL, both_needed boolean NOT NULL) PARTITION BY LIST (slot);
CREATE TABLE sync.delta_enrollment (
    slot smallint NOT NULL, op text NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    class text COLLATE "C", person text COLLATE "C", role text, begin_date date, end_date date, line bigint) PARTITION BY LIST (slot);

-- is_school: live, and of type school. school_id: NULL where it is none and never was.
CREATE TABLE sync.after_org (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, name text NOT NULL, live boolean NOT NULL,
    is_school boolean NOT NULL, school_id bigint, is_new boolean NOT NULL) PARTITION BY LIST (slot);
-- stands: live, at a live school
CREATE TABLE sync.after_class (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, title text NOT NULL, school_id bigint,
    live boolean NOT NULL, stands boolean NOT NULL, classroom_id bigint) PARTITION BY LIST (slot);
-- account: the person's, or the one a new person would get. The three roles are those of the
-- record, also of one that is gone.
CREATE TABLE sync.after_person (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, given_name text NOT NULL, family_name text NOT NULL,
    roles text COLLATE "C" NOT NULL, email text COLLATE "C", sms text COLLATE "C", phone text COLLATE "C", invalid text COLLATE "C",
    live boolean NOT NULL, is_student boolean NOT NULL, is_teacher boolean NOT NULL, is_guardian boolean NOT NULL,
    account bigint, is_new boolean NOT NULL, judged boolean NOT NULL) PARTITION BY LIST (slot);
-- stands: every side that must state the pair does
CREATE TABLE sync.after_link (
    slot smallint NOT NULL, student text COLLATE "C" NOT NULL, guardian text COLLATE "C" NOT NULL, stands boolean NOT NULL) PARTITION BY LIST (slot);
-- those that count today
CREATE TABLE sync.after_enrollment (
    slot smallint NOT NULL, class text COLLATE "C" NOT NULL, person text COLLATE "C" NOT NULL, role text NOT NULL) PARTITION BY LIST (slot);

-- op of all plan tables: add, change, remove, keep. keep rows are there because later steps read
-- them. rule: by which rule, for the audit.
CREATE TABLE sync.plan_school (
    slot smallint NOT NULL, op text NOT NULL, school_id bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    name text NOT NULL, archived boolean NOT NULL, rule text) PARTITION BY LIST (slot);
-- CLS-10, for classes with enrollments that have ended. is_over: none counts any more. ends: and
-- somebody is still on the roster, so the classroom is to be archived with it.
CREATE TABLE sync.plan_ending (slot smallint NOT NULL, classroom_id bigint NOT NULL, is_over boolean NOT NULL, ends boolean NOT NULL) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_classroom (
    slot smallint NOT NULL, op text NOT NULL, classroom_id bigint NOT NULL, school_id bigint NOT NULL, sourced_id text COLLATE "C",
    sis_name text, synced boolean NOT NULL, disconnects boolean NOT NULL, state text NOT NULL, archived_by text, rule text) PARTITION BY LIST (slot);
-- One row an account: of one or several records, or of none (made by hand).
--   is_new      not in the directory yet (and may never be: CRED-1)
--   enabled     a student's account is
--   recorded    it has any record; live: some record of it is live
--   rank        in claims to a credential: 1 staff, 2 guardian, 3 student
--   tied        guardian of somebody by hand
--   eligible    guardian of a student in the directory
CREATE TABLE sync.plan_account (
    slot smallint NOT NULL, account bigint NOT NULL, sourced_id text COLLATE "C",
    is_new boolean NOT NULL, is_active boolean NOT NULL, enabled boolean NOT NULL,
    recorded boolean NOT NULL, live boolean NOT NULL, live_student boolean NOT NULL, live_teacher boolean NOT NULL, live_guardian boolean NOT NULL,
    is_student boolean NOT NULL, judged boolean NOT NULL, rank integer NOT NULL,
    tied boolean NOT NULL, eligible boolean NOT NULL) PARTITION BY LIST (slot);
-- Students whose whole family has left by this run, where that is EXTREME (ABN-E1).
CREATE TABLE sync.plan_abandoned (slot smallint NOT NULL, account bigint NOT NULL) PARTITION BY LIST (slot);
-- Who claims what; holds: the last run gave it to them; wins: they get it.
CREATE TABLE sync.plan_claim (
    slot smallint NOT NULL, value text COLLATE "C" NOT NULL, kind text NOT NULL, account bigint NOT NULL,
    rank integer NOT NULL, is_active boolean NOT NULL, manual boolean NOT NULL, holds boolean NOT NULL, wins boolean NOT NULL) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_credential (
    slot smallint NOT NULL, op text NOT NULL, value text COLLATE "C" NOT NULL, kind text NOT NULL, account bigint NOT NULL,
    manual boolean NOT NULL, rule text) PARTITION BY LIST (slot);
-- CRED-1: which live guardians are in the directory as such
CREATE TABLE sync.plan_guardian (slot smallint NOT NULL, account bigint NOT NULL, added boolean NOT NULL) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_person (
    slot smallint NOT NULL, op text NOT NULL, account bigint NOT NULL, sourced_id text COLLATE "C",
    given_name text NOT NULL, family_name text NOT NULL, rule text) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_role (
    slot smallint NOT NULL, op text NOT NULL, account bigint NOT NULL, school_id bigint NOT NULL, role text NOT NULL,
    claim_sis boolean NOT NULL, claim_manual boolean NOT NULL, state text NOT NULL, rule text) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_membership (
    slot smallint NOT NULL, op text NOT NULL, classroom_id bigint NOT NULL, account bigint NOT NULL, role text NOT NULL,
    claim_sis boolean NOT NULL, claim_manual boolean NOT NULL, suspended boolean NOT NULL, detached boolean NOT NULL, rule text) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_relationship (
    slot smallint NOT NULL, op text NOT NULL, student bigint NOT NULL, guardian bigint NOT NULL,
    claim_sis boolean NOT NULL, claim_manual boolean NOT NULL, suspended boolean NOT NULL, rule text) PARTITION BY LIST (slot);
CREATE TABLE sync.plan_invitation (
    slot smallint NOT NULL, op text NOT NULL, invitation_id bigint, account bigint NOT NULL, kind text NOT NULL,
    value text COLLATE "C" NOT NULL, rule text) PARTITION BY LIST (slot);
-- What the rules have to say about people; sourced_id: of the judged ones only.
CREATE TABLE sync.plan_finding (
    slot smallint NOT NULL, severity text NOT NULL, code text COLLATE "C" NOT NULL, file text, line bigint, column_name text,
    sourced_id text COLLATE "C", message text NOT NULL) PARTITION BY LIST (slot);

DO $slots$
DECLARE
    v_table name;
BEGIN
    FOR v_table IN SELECT c.relname FROM pg_catalog.pg_class c
                   WHERE c.relnamespace = 'sync'::regnamespace AND c.relkind = 'p' ORDER BY c.relname LOOP
        FOR v_slot IN 0..7 LOOP
            EXECUTE format('CREATE UNLOGGED TABLE sync.%I PARTITION OF sync.%I (slot DEFAULT %s) FOR VALUES IN (%s)
                            WITH (autovacuum_enabled = false)', v_table || '_' || v_slot, v_table, v_slot, v_slot);
        END LOOP;
    END LOOP;
END
$slots$;
