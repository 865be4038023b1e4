-- One row a changed row: by which run or act, under which rule, before and after. Creations are not
-- here: the row itself says created_by_run.
CREATE TABLE audit.change (
    district_id bigint NOT NULL, change_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(), run_id bigint, actor_id bigint, act text,
    rule text NOT NULL, relation text NOT NULL, key jsonb NOT NULL, before jsonb, after jsonb,
    PRIMARY KEY (district_id, change_id));
CREATE INDEX change_by_run ON audit.change (district_id, run_id);
CREATE INDEX change_by_time ON audit.change USING brin (at);
