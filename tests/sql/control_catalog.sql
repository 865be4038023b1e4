-- What holds for every object of ours, whoever wrote it: read from the catalog, so that a new one
-- cannot slip by. What concerns districts is in control_distribution.sql.
BEGIN;
SELECT plan(11);

CREATE TEMP TABLE our_schema ON COMMIT DROP AS
SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api');
CREATE TEMP VIEW our_function AS
SELECT p.oid, p.oid::regprocedure::text AS name, n.nspname, p.prosecdef, p.proconfig, p.proacl, p.proowner, p.prolang, p.provolatile
FROM pg_proc p JOIN our_schema n ON n.oid = p.pronamespace;
CREATE TEMP VIEW our_relation AS
SELECT c.oid, c.oid::regclass::text AS name, n.nspname, c.relkind, c.relacl, c.relowner
FROM pg_class c JOIN our_schema n ON n.oid = c.relnamespace;
GRANT SELECT ON our_schema TO PUBLIC;

SELECT is((SELECT count(*) FROM our_schema), 7::bigint, 'the seven schemas are there');
-- A SET clause keeps a function from being inlined; those asked of every row, and those that are part of
-- others' queries, go without, if they write nothing, qualify every name and are nobody's but the owner's.
SELECT is_empty($$ SELECT f.name FROM our_function f WHERE NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (f.proconfig), false)
    AND NOT (f.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'sql') AND f.provolatile IN ('i', 's') AND NOT f.prosecdef
             AND NOT EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee <> f.proowner)) $$,
    'every function has its search_path set');
SELECT is_empty($$ SELECT f.name FROM our_function f
    WHERE f.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee = 0) $$,
    'no function may be called by everybody');
SELECT is_empty($$ SELECT name FROM our_function WHERE obj_description(oid, 'pg_proc') IS NULL $$, 'every function has a comment');
SELECT is_empty($$ SELECT name FROM our_function WHERE prosecdef AND nspname NOT IN ('sync', 'stage', 'api', 'rosterd') $$,
    'SECURITY DEFINER only in sync, stage, api and rosterd');
SELECT is_empty($$ SELECT name FROM our_function WHERE proowner <> 'rosterd_owner'::regrole
                   UNION ALL SELECT name FROM our_relation WHERE relowner <> 'rosterd_owner'::regrole $$,
    'rosterd_owner owns everything');
SELECT ok(NOT rolcanlogin AND NOT rolsuper AND NOT rolcreaterole AND NOT rolbypassrls, 'and cannot log in, nor do what it need not')
FROM pg_roles WHERE rolname = 'rosterd_owner';

SELECT is_empty($$ SELECT r.name FROM our_relation r, aclexplode(r.relacl) a WHERE a.grantee = 0 $$, 'no relation is open to everybody');
SELECT is_empty($$ SELECT name FROM our_relation WHERE nspname = 'rosterd' AND relkind IN ('r', 'v')
                     AND name <> 'rosterd.schema_migration' AND obj_description(oid, 'pg_class') IS NULL $$,
    'every table and view of the control plane has a comment');
SELECT is_empty($$ SELECT r.name || '.' || a.attname FROM our_relation r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE r.nspname = 'rosterd' AND r.relkind = 'r' AND r.name <> 'rosterd.schema_migration' AND a.attnum > 0 AND NOT a.attisdropped
      AND col_description(r.oid, a.attnum) IS NULL $$,
    'and so has every column of its tables');

SELECT is_empty($$ SELECT r.name || '.' || a.attname FROM our_relation r JOIN pg_attribute a ON a.attrelid = r.oid
    WHERE r.relkind = 'v' AND a.attnum > 0 AND has_column_privilege('rosterd_csm', r.oid, a.attnum, 'SELECT') AND col_description(r.oid, a.attnum) IS NULL $$,
    'and of the views that CSMs read');

SELECT * FROM finish();
ROLLBACK;
