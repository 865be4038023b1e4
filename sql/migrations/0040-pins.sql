-- What the sync is not to take away. undo_run: put back by that undo, details and all, and kept until the
-- SIS says something new about it; NULL: pinned by somebody, until unpinned.
CREATE TABLE sync.pin (
    district_id bigint NOT NULL,
    kind text NOT NULL CONSTRAINT kind_is_known CHECK (kind IN ('person', 'classroom')),
    id bigint NOT NULL,
    reason text NOT NULL,
    pinned_by text NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now(),
    undo_run bigint,
    PRIMARY KEY (district_id, kind, id));
COMMENT ON TABLE sync.pin IS 'People and classrooms that the sync does not remove. To read it: TABLE rosterd.pins;';

-- The pins of a plan's scope. op: keep, or remove when the SIS has something new about what an undo put back.
-- frozen: names and credentials stay as they were put back, too.
CREATE TABLE sync.plan_pin (
    slot smallint NOT NULL, op text NOT NULL, kind text NOT NULL, id bigint NOT NULL, frozen boolean NOT NULL) PARTITION BY LIST (slot);
DO $slots$
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE sync.%I PARTITION OF sync.plan_pin (slot DEFAULT %s) FOR VALUES IN (%s)
                        WITH (autovacuum_enabled = false)', 'plan_pin_' || v_slot, v_slot, v_slot);
    END LOOP;
END
$slots$;

-- What was done to one person or classroom is asked for by its number.
CREATE INDEX change_by_key ON audit.change USING gin (key jsonb_path_ops);
