-- What a database distributed by district_id (docs/scaling.md) needs of tables, keys and functions: read
-- from the catalog, so that a new one cannot slip by. What functions do is read from their text, statement
-- by statement; that is not a parser, so the last test breaks each rule once to see that it is noticed.
BEGIN;
SELECT plan(6);

CREATE FUNCTION pg_temp.our_schemas() RETURNS oid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(n.oid) FROM pg_namespace n WHERE n.nspname IN ('rosterd', 'audit', 'stage', 'sis', 'directory', 'sync', 'api') $$;

-- Tables and views of ours. Those of a slot stay with the coordinator; the rest of these schemas is data of tenants.
CREATE TEMP VIEW relation AS
SELECT c.oid, n.nspname, n.nspname || '.' || c.relname AS name, c.relkind, c.relpersistence, c.relrowsecurity, c.relispartition,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'slot' AND a.atttypid = 'smallint'::regtype AND n.nspname IN ('stage', 'sync')) AS of_slot,
       (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = 1) AS first_column
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.oid = ANY (pg_temp.our_schemas()) AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
CREATE TEMP VIEW tenant AS
SELECT * FROM relation WHERE nspname NOT IN ('rosterd', 'api') AND NOT of_slot;

-- Our functions without their comments, and where a statement of theirs names a table of tenants, and as
-- what; sis.%I: whichever it is.
CREATE TEMP VIEW source AS
SELECT p.oid, p.proargnames[1] AS parameter, p.proargtypes[0] AS parameter_type, regexp_replace(p.prosrc, '--[^\n]*', '', 'g') AS text
FROM pg_proc p WHERE p.pronamespace = ANY (pg_temp.our_schemas());
CREATE TEMP VIEW mention_now AS
SELECT s.oid, x.text, lower(m[1]) AS verb, m[2] AS name, m[3] AS alias
FROM source s
CROSS JOIN regexp_split_to_table(s.text, ';') AS x(text)
CROSS JOIN regexp_matches(x.text, '(\mFROM|\mJOIN|\mUSING|\mUPDATE|\mINTO|,)\s+(?:ONLY\s+)?((?:sis|directory|audit|sync|api)\.\w+\M(?!\s*\(\s*(?:p_|v_|v\.))|(?:sis|directory|audit)\.%\d*\$?I)(?:(?:\s+AS\s+\w+\s*\(|\s*\(|\s+(?:AS\s+)?)(\w+))?', 'gi') AS m
WHERE m[2] ~ '%' OR m[2] IN (SELECT t.name FROM tenant t UNION SELECT r.name FROM relation r WHERE r.nspname = 'api' AND r.first_column = 'district_id');
CREATE TEMP TABLE mention AS SELECT * FROM mention_now;

CREATE TEMP VIEW breach (rule, what) AS
SELECT 'district first', t.name FROM tenant t WHERE t.first_column IS DISTINCT FROM 'district_id'
UNION ALL
SELECT 'district is a bigint', r.name FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid
WHERE a.attname = 'district_id' AND (a.atttypid <> 'bigint'::regtype OR a.attgenerated <> ''
                                     OR r.oid IN (SELECT oid FROM tenant) AND r.relkind <> 'v' AND (NOT a.attnotnull OR a.attidentity <> '' OR a.atthasdef))
UNION ALL
SELECT 'primary key', t.name FROM tenant t
WHERE t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'p')
UNION ALL
SELECT 'key begins with district', i.indexrelid::regclass::text FROM pg_index i JOIN tenant t ON t.oid = i.indrelid
WHERE (i.indisunique OR i.indisexclusion)
  AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]) IS DISTINCT FROM 'district_id'
UNION ALL
SELECT 'foreign key stays', c.conrelid::regclass || '.' || c.conname FROM pg_constraint c
WHERE c.contype = 'f' AND (c.conrelid IN (SELECT oid FROM tenant) OR c.confrelid IN (SELECT oid FROM tenant))
  AND NOT (c.conrelid IN (SELECT oid FROM tenant) AND c.confrelid IN (SELECT oid FROM tenant)
           AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1]) = 'district_id'
           AND (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.confrelid AND a.attnum = c.confkey[1]) = 'district_id')
UNION ALL
SELECT 'no trigger', r.name || '.' || t.tgname FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal AND r.nspname <> 'rosterd'
UNION ALL
SELECT 'no row security', r.name FROM relation r WHERE r.relrowsecurity
UNION ALL
SELECT 'no rule', r.name || '.' || w.rulename FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'plain table', t.name FROM tenant t WHERE t.relkind NOT IN ('r', 'v') OR t.relpersistence <> 'p' OR t.relispartition
UNION ALL
SELECT 'sequence is a bigint', s.seqrelid::regclass::text FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
WHERE c.relnamespace = ANY (pg_temp.our_schemas()) AND s.seqtypid <> 'bigint'::regtype
UNION ALL
SELECT DISTINCT 'district is the first parameter', s.oid::regprocedure::text FROM mention m JOIN source s ON s.oid = m.oid
WHERE NOT (s.parameter, s.parameter_type) IN (('p_district', 'bigint'::regtype::oid), ('p_slot', 'smallint'::regtype::oid), ('p_run', 'bigint'::regtype::oid),
                                            ('p_settings', 'rosterd.district'::regtype::oid))
   OR s.parameter IS NULL
UNION ALL
-- for each time that a statement names a table: the same letter may stand for several
SELECT 'reads one district', x.oid::regprocedure || ' ' || x.names
FROM (SELECT m.oid, m.text, m.alias, count(*) AS times, string_agg(DISTINCT m.name, ', ') AS names FROM mention m WHERE m.verb <> 'into' GROUP BY m.oid, m.text, m.alias) x
WHERE x.alias IS NULL OR x.times > (SELECT count(*) FROM regexp_matches(x.text, format('\m%1$s\.district_id\s*=|=\s*%1$s\.district_id\M', x.alias), 'g'))
UNION ALL
SELECT 'inserts say the district first', m.oid::regprocedure || ' ' || m.name FROM mention m WHERE m.verb = 'into' AND m.alias IS DISTINCT FROM 'district_id'
UNION ALL
SELECT DISTINCT 'nobody changes district', m.oid::regprocedure || ' ' || m.name FROM mention m
WHERE m.verb = 'update' AND m.text ~* '\mUPDATE\s[^;]*\m(SET|,)\s*\(?\s*district_id\s*='
UNION ALL
-- The one value for all is to be computed before: a shard would compute its own.
SELECT DISTINCT 'updates call nothing volatile', m.oid::regprocedure::text FROM mention m
CROSS JOIN regexp_matches(m.text, '\m(?:(rosterd|stage|sync|api)\.)?(\w+)\(', 'g') AS call
JOIN pg_proc p ON p.proname = call[2] AND p.pronamespace = coalesce(call[1], 'pg_catalog')::regnamespace AND p.provolatile = 'v'
WHERE m.verb = 'update' OR m.verb = 'from' AND m.text ~* ('\mDELETE\s+FROM\s+' || m.name || '\M')
UNION ALL
SELECT 'no table is made', s.oid::regprocedure::text FROM source s
WHERE s.text ~* '\mCREATE\s+(TEMP|TEMPORARY|UNLOGGED|TABLE|SEQUENCE|VIEW|INDEX)\M|\mINTO\s+(TEMP|TEMPORARY|UNLOGGED)\M';

-- These break a rule, and say so in docs/scaling.md. Whatever else does is new.
CREATE TEMP TABLE known (rule text, what text, why text);
INSERT INTO known VALUES
    ('district is the first parameter', 'sync.explain(text,text,text)', 'a person types a name; the district behind it is looked up first'),
    ('district is the first parameter', 'sync.tidy(integer,integer,integer)', 'old rows of all districts'),
    ('reads one district', 'sync.tidy(integer,integer,integer) audit.change', 'old rows of all districts');

SELECT cmp_ok((SELECT count(*) FROM tenant WHERE relkind = 'r'), '>=', 20::bigint, 'the tables of tenants are found');
SELECT cmp_ok((SELECT count(*) FROM mention), '>=', 400::bigint, 'and where functions use them');
SELECT is_empty($$ SELECT t.name FROM tenant t WHERE t.relkind = 'r'
    AND NOT EXISTS (SELECT FROM mention m WHERE m.name = t.name AND m.verb = 'into') AND NOT EXISTS (SELECT FROM mention m WHERE m.name = t.name AND m.verb = 'update') $$,
    'each of them is written by one');
SELECT is_empty('SELECT rule, what FROM breach EXCEPT SELECT rule, what FROM known', 'nothing stands in the way of a distributed database');
SELECT is_empty('SELECT rule, what FROM known EXCEPT SELECT rule, what FROM breach', 'but for what is known to');

-- Each rule, broken once.
CREATE TABLE sis.bad (sourced_id text, district_id integer UNIQUE DEFAULT 1);
CREATE UNLOGGED TABLE directory.bad (district_id bigint NOT NULL, n serial,
    run_id bigint CONSTRAINT bad_run REFERENCES rosterd.run, PRIMARY KEY (n, district_id));
ALTER TABLE directory.bad ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER bad_trigger BEFORE UPDATE ON directory.bad FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE bad_rule AS ON DELETE TO directory.bad DO INSTEAD NOTHING;
CREATE FUNCTION sync.bad(p_person bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE t AS SELECT p.person_id FROM directory.person p WHERE p.person_id = p_person;
    UPDATE directory.person p SET district_id = 2, given_name = random()::text WHERE p.district_id = 1;
    INSERT INTO directory.person (given_name) VALUES ('x');
END $$;
DELETE FROM mention;
INSERT INTO mention SELECT * FROM mention_now;
SELECT set_eq('SELECT rule, what FROM breach EXCEPT SELECT rule, what FROM known', $$ VALUES
    ('district first', 'sis.bad'), ('district is a bigint', 'sis.bad'), ('primary key', 'sis.bad'),
    ('key begins with district', 'directory.bad_pkey'), ('foreign key stays', 'directory.bad.bad_run'), ('no trigger', 'directory.bad.bad_trigger'),
    ('no row security', 'directory.bad'), ('no rule', 'directory.bad.bad_rule'), ('plain table', 'directory.bad'),
    ('sequence is a bigint', 'directory.bad_n_seq'), ('district is the first parameter', 'sync.bad(bigint)'),
    ('reads one district', 'sync.bad(bigint) directory.person'), ('inserts say the district first', 'sync.bad(bigint) directory.person'),
    ('nobody changes district', 'sync.bad(bigint) directory.person'), ('updates call nothing volatile', 'sync.bad(bigint)'),
    ('no table is made', 'sync.bad(bigint)') $$, 'each of these rules is seen broken');

SELECT * FROM finish();
ROLLBACK;
