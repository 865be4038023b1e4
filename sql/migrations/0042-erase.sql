-- A plan is of the mirror it was made from; an erasure in between makes it void.
ALTER TABLE sync.scope ADD COLUMN token uuid;

-- Who held a credential is asked for when somebody is erased.
CREATE INDEX change_by_holder_before ON audit.change (district_id, (before ->> 'person_id')) WHERE relation = 'directory.credential';
CREATE INDEX change_by_holder_after ON audit.change (district_id, (after ->> 'person_id')) WHERE relation = 'directory.credential';

-- What every rosterd is to remove from its spool, whoever has the district now.
CREATE TABLE rosterd.disposal (
    district_id bigint PRIMARY KEY REFERENCES rosterd.district,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    asked_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE rosterd.disposal IS 'Districts of whom somebody was erased: their spooled files from before are removed on every machine.';
COMMENT ON COLUMN rosterd.disposal.district_id IS 'The district.';
COMMENT ON COLUMN rosterd.disposal.since IS 'When: files that came before go.';
COMMENT ON COLUMN rosterd.disposal.asked_by IS 'Who erased.';
GRANT SELECT ON rosterd.disposal TO rosterd_ops;
