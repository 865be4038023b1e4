-- The roles of rosterd, once a cluster. Run by whoever may create roles; every other file of sql/
-- runs as rosterd_owner. Safe to run again.
--
-- rosterd_owner    owns every object, nobody logs in with it
-- rosterd_daemon   the daemon: EXECUTE of the sync.* verbs, no table
-- rosterd_stage_N  the worker of staging slot N: INSERT into that slot, nothing to read
-- rosterd_csm      customer-success managers: their columns of rosterd.district
-- rosterd_ops      operators: sources, runs, approvals
-- rosterd_app      the classroom app: api.*, reads the directory without secrets
-- rosterd_outbox   the mailer: the secrets of open invitations, through api.take_outbox
DO $roles$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['rosterd_owner', 'rosterd_csm', 'rosterd_ops', 'rosterd_app', 'rosterd_outbox']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
        END IF;
    END LOOP;
    FOREACH v_role IN ARRAY ARRAY['rosterd_daemon'] || ARRAY(SELECT 'rosterd_stage_' || k FROM generate_series(0, 7) AS k)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', v_role);
        END IF;
    END LOOP;
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO rosterd_owner', current_database());
    -- PostgreSQL copies rows into DETAIL, CONTEXT and the server log. These settings keep a child's
    -- data out of both; only a superuser may give them.
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        FOREACH v_role IN ARRAY ARRAY['rosterd_daemon'] || ARRAY(SELECT 'rosterd_stage_' || k FROM generate_series(0, 7) AS k)
        LOOP
            EXECUTE format('ALTER ROLE %I SET log_error_verbosity = terse', v_role);
            EXECUTE format('ALTER ROLE %I SET log_min_error_statement = panic', v_role);
            EXECUTE format('ALTER ROLE %I SET log_parameter_max_length_on_error = 0', v_role);
            EXECUTE format('ALTER ROLE %I SET log_min_duration_statement = -1', v_role);
        END LOOP;
    END IF;
END
$roles$;
