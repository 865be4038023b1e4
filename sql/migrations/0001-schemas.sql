-- Who may see what begins with the schemas: one purpose and one writer each.
-- The schema rosterd and its table schema_migration are made by `rosterd --migrate` itself.
CREATE SCHEMA audit;
CREATE SCHEMA stage;
CREATE SCHEMA sis;
CREATE SCHEMA directory;
CREATE SCHEMA sync;
CREATE SCHEMA api;

COMMENT ON SCHEMA rosterd IS 'The control plane: districts, sources, runs, findings, leases. No child''s data.';
COMMENT ON SCHEMA audit IS 'What each run and each manual act changed, before and after. Read by few.';
COMMENT ON SCHEMA stage IS 'Unlogged slots that a worker fills with one district''s file. Empty after a crash; leave it out of dumps.';
COMMENT ON SCHEMA sis IS 'The mirror: what each district''s last accepted data says.';
COMMENT ON SCHEMA directory IS 'What people see: schools, people, classrooms, who belongs to whom.';
COMMENT ON SCHEMA sync IS 'The reconciler: the verbs the daemon calls and the rules behind them.';
COMMENT ON SCHEMA api IS 'The procedures of the app: every manual act.';

REVOKE ALL ON SCHEMA rosterd, audit, stage, sis, directory, sync, api FROM PUBLIC;
GRANT USAGE ON SCHEMA sync TO rosterd_daemon;
GRANT USAGE ON SCHEMA rosterd TO rosterd_csm, rosterd_ops, rosterd_daemon;
GRANT USAGE ON SCHEMA api, directory TO rosterd_app;
GRANT USAGE ON SCHEMA api TO rosterd_outbox;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
