-- The nightly digest. The worker keeps a record of what the mirror holds beside the spool and sends only what
-- differs from it (a shortened slot); what the token names is the digest of this very mirror.
ALTER TABLE sis.judged ADD COLUMN digest uuid;
COMMENT ON COLUMN sis.judged.digest IS 'Token of the digest that says what this mirror holds; NULL: the next file has to be staged whole.';
-- digest_base: what the rows that are not in the slot are equal to. digest: of the digest written from the slot's file.
ALTER TABLE stage.slot ADD COLUMN digest_base uuid, ADD COLUMN digest uuid;

-- Nothing is said of them here but that they are to be sent again.
CREATE TABLE sis.unsettled (
    district_id bigint NOT NULL, kind text COLLATE "C" NOT NULL, sourced_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (district_id, kind, sourced_id));
COMMENT ON TABLE sis.unsettled IS 'Records that are sent although they have not changed since the last file: something was found about them, or they were kept against it.';
CREATE TABLE sync.delta_unsettled (
    slot smallint NOT NULL, kind text COLLATE "C" NOT NULL, sourced_id text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_unsettled IS 'What will be in sis.unsettled.';
DO $slots$
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE sync.delta_unsettled_%1$s PARTITION OF sync.delta_unsettled (slot DEFAULT %1$s) FOR VALUES IN (%1$s)
                        WITH (autovacuum_enabled = false)', v_slot);
    END LOOP;
END
$slots$;

-- It takes one more parameter now.
DROP FUNCTION IF EXISTS stage.close(bigint, bigint, text, jsonb, jsonb);
