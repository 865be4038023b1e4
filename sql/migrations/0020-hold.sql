-- A run that would take away or bring in too much waits for a decision. rosterd.hold is what people
-- decide on and holds no child's data; what exactly was shown is kept as hashes, so that an approval
-- can be held against what its run computes (SAFE-4).
CREATE TABLE rosterd.hold (
    run_id bigint PRIMARY KEY REFERENCES rosterd.run ON DELETE CASCADE,
    district_id bigint NOT NULL REFERENCES rosterd.district,
    file_sha256 text COLLATE "C",
    withholds text NOT NULL CONSTRAINT withholds_is_all_or_removals CHECK (withholds IN ('all', 'removals')),
    since timestamptz NOT NULL,
    shown jsonb NOT NULL,
    settings_version bigint NOT NULL,
    rules_version integer NOT NULL,
    judged_on date NOT NULL,
    marks bigint[] NOT NULL,
    decision text CONSTRAINT decision_is_known CHECK (decision IN ('approved', 'refused')),
    what text CONSTRAINT what_is_known CHECK (what IN ('all', 'additions', 'mapping')),
    decided_by text,
    decided_at timestamptz,
    reason text CONSTRAINT reason_has_at_most_2000_characters CHECK (length(reason) <= 2000),
    closed_at timestamptz,
    closed_by_run bigint,
    CONSTRAINT decided_is_said_by_whom CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CONSTRAINT only_an_approval_is_of_something CHECK ((decision IS NOT DISTINCT FROM 'approved') = (what IS NOT NULL))
);
-- One open hold a district: a newer file's replaces it.
CREATE UNIQUE INDEX hold_one_open_a_district ON rosterd.hold (district_id) WHERE closed_at IS NULL;

COMMENT ON TABLE rosterd.hold IS 'Runs that wait, or waited, for a decision, and who decided what. To read the open ones in words: TABLE rosterd.holds; to decide: rosterd.approve(), rosterd.refuse().';
COMMENT ON COLUMN rosterd.hold.run_id IS 'The held run.';
COMMENT ON COLUMN rosterd.hold.district_id IS 'Its district.';
COMMENT ON COLUMN rosterd.hold.file_sha256 IS 'Its file; an approval is for this file. NULL = a run without a new file.';
COMMENT ON COLUMN rosterd.hold.withholds IS 'all = nothing of the run was applied; removals = only the removals over the limit wait.';
COMMENT ON COLUMN rosterd.hold.since IS 'Since when the district has been held; a newer file that is held too does not change it.';
COMMENT ON COLUMN rosterd.hold.shown IS 'What the run would do, in words and numbers, by kind and school: see rosterd.hold_details.';
COMMENT ON COLUMN rosterd.hold.settings_version IS 'The settings it was judged by.';
COMMENT ON COLUMN rosterd.hold.rules_version IS 'The rules it was judged by.';
COMMENT ON COLUMN rosterd.hold.judged_on IS 'The district''s date it was judged on.';
COMMENT ON COLUMN rosterd.hold.marks IS 'The acts by hand it took into account.';
COMMENT ON COLUMN rosterd.hold.decision IS 'approved or refused. NULL = nobody has decided.';
COMMENT ON COLUMN rosterd.hold.what IS 'What was approved: all; additions = all but the removals over the limit; mapping = all, taking people under new ids for those they were.';
COMMENT ON COLUMN rosterd.hold.decided_by IS 'Who decided: the login, or uid:N for a caller of the control socket.';
COMMENT ON COLUMN rosterd.hold.decided_at IS 'When.';
COMMENT ON COLUMN rosterd.hold.reason IS 'Why, in their words.';
COMMENT ON COLUMN rosterd.hold.closed_at IS 'When it ended: refused, carried out, or replaced by a newer file. NULL = open.';
COMMENT ON COLUMN rosterd.hold.closed_by_run IS 'The run that carried it out or replaced it.';
GRANT SELECT (run_id, district_id, file_sha256, withholds, since, shown, decision, what, decided_by, decided_at, reason, closed_at, closed_by_run)
    ON rosterd.hold TO rosterd_csm, rosterd_ops;

ALTER TABLE rosterd.run ADD COLUMN shown jsonb;
COMMENT ON COLUMN rosterd.run.shown IS 'What a previewed or held run would do, in words and numbers, by kind and school; never anybody''s name.';
COMMENT ON COLUMN rosterd.run.state IS 'fetching, staging, planning, applying: under way. done: applied. unchanged: nothing new. previewed: shown, not applied. held: waits for a decision; with applied_at, only removals wait and the rest was applied. refused: the decision was no; superseded: it was carried out by a later run, or a newer file came first. rejected: the file cannot be used. failed: it went wrong and is tried again. cancelled: switched off or changed meanwhile. interrupted: its rosterd stopped. Where applied_at is empty nothing was changed.';

-- What a held run showed: the hashes of its losses and additions, sorted. what: loss, addition; for a
-- mapping, the same as they would be with it.
CREATE TABLE sync.shown (
    district_id bigint NOT NULL, run_id bigint NOT NULL,
    what text NOT NULL CONSTRAINT what_is_known CHECK (what IN ('loss', 'addition', 'mapped loss', 'mapped addition')),
    items bigint[] NOT NULL,
    PRIMARY KEY (district_id, run_id, what));
COMMENT ON TABLE sync.shown IS 'To hold an approval against what its run computes: fewer is fine, other or more is not (SAFE-4).';
-- Renumbered people a held run offers to take for those they were.
CREATE TABLE sync.offered (
    district_id bigint NOT NULL, run_id bigint NOT NULL,
    old_id text COLLATE "C" NOT NULL, new_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_id, run_id, new_id));
COMMENT ON TABLE sync.offered IS 'Which new id a held run takes for which person who left (SAFE-5).';

-- Withheld losses are few and have to be found by every run.
CREATE INDEX org_withheld ON sis.org (district_id) WHERE loss_withheld;
CREATE INDEX class_withheld ON sis.class (district_id) WHERE loss_withheld;
CREATE INDEX person_withheld ON sis.person (district_id) WHERE loss_withheld;
CREATE INDEX link_withheld ON sis.link (district_id) WHERE loss_withheld;
CREATE INDEX enrollment_withheld ON sis.enrollment (district_id) WHERE loss_withheld;

-- The guard's part of a plan, one leaf a slot like the tables of 0007.
--
-- delta_withheld: rows taken out of delta_* (kind: which; row: as it was), for losses that wait.
-- delta_item: the losses and additions of the whole file, before anything was withheld.
-- delta_same: a new id that is somebody known (SAFE-5).
-- plan_item: losses and additions of the plan as it stands: one row an item and school (0: none).
--   item: hash of kind and key; one, other: the accounts; is_active: the person has an account in use.
CREATE TABLE sync.delta_withheld (
    slot smallint NOT NULL, kind text NOT NULL, sourced_id text COLLATE "C" NOT NULL, other text COLLATE "C",
    gone boolean NOT NULL, line jsonb NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_withheld IS 'Rows taken out of the delta because what they would take away waits for a decision (SAFE-3).';
CREATE TABLE sync.delta_item (
    slot smallint NOT NULL, what text NOT NULL, kind text NOT NULL, item bigint NOT NULL, school_id bigint NOT NULL,
    one bigint, other bigint, is_active boolean NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_item IS 'Losses and additions of the whole file, before anything is withheld.';
CREATE TABLE sync.delta_same (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, old_id text COLLATE "C" NOT NULL, account bigint NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_same IS 'New ids of people who are known under another (SAFE-5).';
CREATE TABLE sync.plan_item (
    slot smallint NOT NULL, what text NOT NULL, kind text NOT NULL, item bigint NOT NULL, school_id bigint NOT NULL,
    one bigint, other bigint, is_active boolean NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.plan_item IS 'Losses and additions of the plan, by kind and school (SAFE-3, SAFE-9).';

DO $slots$
DECLARE
    v_table name;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['delta_withheld', 'delta_item', 'delta_same', 'plan_item'] LOOP
        FOR v_slot IN 0..7 LOOP
            EXECUTE format('CREATE UNLOGGED TABLE sync.%I PARTITION OF sync.%I (slot DEFAULT %s) FOR VALUES IN (%s)
                            WITH (autovacuum_enabled = false)', v_table || '_' || v_slot, v_table, v_slot, v_slot);
        END LOOP;
    END LOOP;
END
$slots$;

COMMENT ON COLUMN rosterd.district.removal_limit_percent IS 'CSM: a run that would take away more than this percentage of the students, guardians, teachers, relationships, classrooms or memberships of a school or of the district is held for a decision.';
COMMENT ON COLUMN rosterd.district.removal_limit_min IS 'CSM: up to this many of a kind may be taken away whatever the percentage, but never all of two or more.';
COMMENT ON COLUMN rosterd.district.change_limit_percent IS 'CSM: a run that would add more than this percentage of people or relationships, or change more of the invitees, than a school or the district has is held as a whole; up to 20 of a kind always pass, and so does a district''s first run.';
COMMENT ON COLUMN rosterd.district.on_limit IS 'CSM: what is held when removals are over the limit. hold-removals = only those removals wait, the rest is applied; hold-all = everything of the run waits.';

-- It returns more now.
DO $drop$
BEGIN
    IF to_regprocedure('sync.read_districts(bigint, text)') IS NOT NULL THEN
        DROP FUNCTION sync.read_districts(bigint, text);
    END IF;
END
$drop$;
