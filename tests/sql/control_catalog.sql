-- What holds for every object of ours, whoever wrote it: read from the catalog, so that a new one
-- cannot slip by.
BEGIN;
SELECT plan(16);

CREATE TEMP TABLE our_schema ON COMMIT DROP AS
SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api');
CREATE TEMP VIEW our_function AS
SELECT p.oid, p.oid::regprocedure::text AS name, n.nspname, p.prosecdef, p.proconfig, p.proacl, p.proowner, p.prolang, p.provolatile
FROM pg_proc p JOIN our_schema n ON n.oid = p.pronamespace;
CREATE TEMP VIEW our_relation AS
SELECT c.oid, c.oid::regclass::text AS name, n.nspname, c.relkind, c.relacl, c.relowner, c.relrowsecurity
FROM pg_class c JOIN our_schema n ON n.oid = c.relnamespace;
GRANT SELECT ON our_schema TO PUBLIC;

SELECT is((SELECT count(*) FROM our_schema), 7::bigint, 'the seven schemas are there');
-- A SET clause keeps a function from being inlined; those asked of every row go without, if they read
-- no table, qualify every name and are nobody's but the owner's.
SELECT is_empty($$ SELECT f.name FROM our_function f WHERE NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (f.proconfig), false)
    AND NOT (f.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'sql') AND f.provolatile = 'i' AND NOT f.prosecdef
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

-- Tenants are independent: the district comes first, so that the tables can be distributed by it.
SELECT is_empty($$ SELECT r.name FROM our_relation r
    WHERE r.relkind = 'r' AND r.nspname IN ('sis', 'directory', 'audit')
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = 1 AND a.attname = 'district_id' AND a.atttypid = 'bigint'::regtype) $$,
    'district_id is the first column of every tenant table');
SELECT is_empty($$ SELECT i.indexrelid::regclass FROM pg_index i JOIN our_relation r ON r.oid = i.indrelid
    WHERE r.nspname IN ('sis', 'directory', 'audit') AND i.indisunique
      AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = i.indkey[0]) IS DISTINCT FROM 'district_id' $$,
    'and of every key of them');
SELECT is_empty($$ SELECT t.tgname FROM pg_trigger t JOIN our_relation r ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND r.nspname <> 'rosterd' $$, 'triggers only on the control plane');
SELECT is_empty($$ SELECT c.conname FROM pg_constraint c JOIN our_relation a ON a.oid = c.conrelid JOIN our_relation b ON b.oid = c.confrelid
    WHERE c.contype = 'f' AND a.nspname <> b.nspname $$, 'no foreign key crosses schemas');
SELECT is_empty($$ SELECT name FROM our_relation WHERE relrowsecurity $$, 'no row security');

SELECT * FROM finish();
ROLLBACK;
