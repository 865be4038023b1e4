-- Delta files: who is gone is said by name. And the rows of roles.csv by their own ids, which is what
-- a delta names.

-- org NULL: at no organisation. sourced_id NULL: the row has none, which only a complete file may.
CREATE TABLE stage.role (
    slot smallint NOT NULL, line bigint NOT NULL, sourced_id text COLLATE "C",
    person text COLLATE "C" NOT NULL, role text COLLATE "C" NOT NULL, org text COLLATE "C") PARTITION BY LIST (slot);
-- kind is the stage table's name, as in stage.bad.
CREATE TABLE stage.gone (
    slot smallint NOT NULL, line bigint NOT NULL, kind text COLLATE "C" NOT NULL, sourced_id text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);

-- Blank where the file has none, so that they can be part of the key.
CREATE TABLE sis.role (
    district_id bigint NOT NULL, person text COLLATE "C" NOT NULL, role text COLLATE "C" NOT NULL,
    org text COLLATE "C" NOT NULL, sourced_id text COLLATE "C" NOT NULL, changed_by_run bigint NOT NULL,
    PRIMARY KEY (district_id, person, role, org, sourced_id));
CREATE INDEX role_by_id ON sis.role (district_id, sourced_id);
COMMENT ON TABLE sis.role IS 'The rows of roles.csv as last accepted (OneRoster 1.2); what they make of a person is in sis.person.roles.';

-- op: new, gone
CREATE TABLE sync.delta_role (
    slot smallint NOT NULL, op text NOT NULL, person text COLLATE "C" NOT NULL, role text COLLATE "C" NOT NULL,
    org text COLLATE "C" NOT NULL, sourced_id text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_role IS 'Rows of roles.csv that come or go.';
CREATE TABLE sync.delta_person_role (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, roles text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.delta_person_role IS 'The roles of people of whom the file alone does not say them: the mirror''s with the file''s laid over them.';

DO $slots$
DECLARE
    v_table text;
BEGIN
    FOR v_slot IN 0..7 LOOP
        FOREACH v_table IN ARRAY ARRAY['stage.role', 'stage.gone', 'sync.delta_role', 'sync.delta_person_role'] LOOP
            EXECUTE format('CREATE UNLOGGED TABLE %s_%s PARTITION OF %1$s (slot DEFAULT %2$s) FOR VALUES IN (%2$s)
                            WITH (autovacuum_enabled = false)', v_table, v_slot);
        END LOOP;
        EXECUTE format('GRANT INSERT ON stage.role_%s, stage.gone_%1$s TO %I', v_slot, 'rosterd_stage_' || v_slot);
    END LOOP;
END
$slots$;

-- modes: in which mode each file was last read; a file that is not there never was. deltas: packages
-- with delta files that were applied since complete ones came: {"sha256": ["users.csv", …], …}.
ALTER TABLE sis.judged ADD COLUMN modes jsonb NOT NULL DEFAULT '{}', ADD COLUMN deltas jsonb NOT NULL DEFAULT '{}';
UPDATE sis.judged SET modes = coalesce((SELECT jsonb_object_agg(f.key, 'bulk') FROM jsonb_each(files) f
                                        WHERE (f.value ->> 'present')::boolean), '{}');
