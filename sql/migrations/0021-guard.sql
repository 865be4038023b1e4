-- What the guard made of a plan, kept from sync.plan to sync.apply.
--   verdict        apply; withhold: apply without the losses over the limit; held: apply nothing
--   held_reason    why, as a word of rosterd.causes()
--   approved_run   the held run whose approval it carries out
--   shown          what the whole file would do, in words and numbers
ALTER TABLE sync.scope
    ADD COLUMN verdict text,
    ADD COLUMN held_reason text,
    ADD COLUMN approved_run bigint,
    ADD COLUMN shown jsonb;

-- Which kinds are over their limit, at which schools (0: the whole district).
CREATE TABLE sync.plan_over (slot smallint NOT NULL, what text NOT NULL, kind text NOT NULL, school_id bigint NOT NULL, n bigint NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.plan_over IS 'Kinds that are over their limit, by school and for the district (SAFE-3, SAFE-9).';
DO $slots$
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE sync.%I PARTITION OF sync.plan_over (slot DEFAULT %s) FOR VALUES IN (%s)
                        WITH (autovacuum_enabled = false)', 'plan_over_' || v_slot, v_slot, v_slot);
    END LOOP;
END
$slots$;
