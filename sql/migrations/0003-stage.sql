-- Staging slots. Each table is partitioned by slot so that the rules read `WHERE slot = n` of one
-- name while each worker may write to its own leaf only. The leaves are unlogged: a crash empties
-- them, and a slot that differs from its header is refused.
CREATE TABLE stage.slot (
    slot smallint PRIMARY KEY,
    run_id bigint,
    district_id bigint,
    epoch bigint,
    leased_at timestamptz,
    opened_at timestamptz,
    closed_at timestamptz,
    planned_at timestamptz,
    file_sha256 text COLLATE "C",
    -- {"users.csv": {"present": true, "rows": 10, "bad": 1, "unreadable": 0}, …}: what the worker read
    files jsonb,
    -- {"person": 10, "link": 4, …}: rows the worker put into each table of the slot
    rows jsonb,
    -- the same for the tables sync.plan filled
    plan_rows jsonb,
    -- highest sync.mark the plan has taken into account
    plan_mark bigint
);
INSERT INTO stage.slot (slot) SELECT generate_series(0, 7);

CREATE TABLE stage.org (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    name text, type text, identifier text, parent text COLLATE "C") PARTITION BY LIST (slot);
CREATE TABLE stage.session (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text, type text, start_date text, end_date text, parent text COLLATE "C", school_year text) PARTITION BY LIST (slot);
CREATE TABLE stage.course (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text, course_code text, org text COLLATE "C") PARTITION BY LIST (slot);
-- terms: sourcedIds joined by U+001F
CREATE TABLE stage.class (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    title text, class_code text, class_type text, course text COLLATE "C", school text COLLATE "C",
    terms text COLLATE "C") PARTITION BY LIST (slot);
-- roles: "role<U+001E>org" pairs joined by U+001F, one a (role, org); a person without an org has "role<U+001E>".
-- email, sms, phone: normalised, NULL where absent or unusable; invalid: which of the three were there but unusable,
-- as a string of the letters e, s, p (NULL: none).
CREATE TABLE stage.person (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    roles text COLLATE "C", given_name text, family_name text,
    email text COLLATE "C", sms text COLLATE "C", phone text COLLATE "C", invalid text COLLATE "C") PARTITION BY LIST (slot);
-- One directed pair as the row of sourced_id states it (agentSourcedIds); the rules orient it by role.
CREATE TABLE stage.link (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    agent text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
CREATE TABLE stage.enrollment (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    class text COLLATE "C", school text COLLATE "C", person text COLLATE "C", role text,
    begin_date text, end_date text) PARTITION BY LIST (slot);
-- SAFE-1: rows that cannot be used. kind is the stage table's name; sourced_id NULL: not even the id is readable.
CREATE TABLE stage.bad (
    slot smallint NOT NULL, line bigint NOT NULL, kind text COLLATE "C" NOT NULL, sourced_id text COLLATE "C") PARTITION BY LIST (slot);
CREATE TABLE stage.finding (
    slot smallint NOT NULL, severity text NOT NULL, code text COLLATE "C" NOT NULL, file text, line bigint, column_name text,
    sourced_id text COLLATE "C", message text NOT NULL, count bigint NOT NULL) PARTITION BY LIST (slot);

DO $slots$
DECLARE
    v_table text;
    v_slot integer;
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA stage TO %I', 'rosterd_stage_' || v_slot);
        FOREACH v_table IN ARRAY ARRAY['org', 'session', 'course', 'class', 'person', 'link', 'enrollment', 'bad', 'finding'] LOOP
            EXECUTE format('CREATE UNLOGGED TABLE stage.%I PARTITION OF stage.%I (slot DEFAULT %s) FOR VALUES IN (%s)
                            WITH (autovacuum_enabled = false)',
                           v_table || '_' || v_slot, v_table, v_slot, v_slot);
            EXECUTE format('GRANT INSERT ON stage.%I TO %I', v_table || '_' || v_slot, 'rosterd_stage_' || v_slot);
        END LOOP;
    END LOOP;
END
$slots$;
