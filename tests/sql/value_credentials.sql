-- What a person types and what a file brings must come to the same key: the hard cases, which the worker's
-- test reads too.
BEGIN;
CREATE SCHEMA test;
CREATE TABLE test.credential (kind text, region text, given text, worker text, database text, what text);
\ir ../unit/credentials.copy
SELECT plan((SELECT count(*)::integer FROM test.credential) + 4);

-- rule: CRED-3
SELECT is(CASE kind WHEN 'email' THEN sync.normalise_email(given) ELSE sync.normalise_phone(given, region) END, database,
          concat_ws(' ', kind, region, quote_literal(given), '(' || what || ')'))
  FROM test.credential;
-- no more is looked at than a key may have come from
SELECT is(sync.normalise_email(name || '@b.example' || repeat(U&'\200B', 335)), key, length(name) + 1015 || ' bytes') FROM (VALUES ('a', 'a@b.example'), ('ab', NULL)) AS x (name, key);
SELECT is(sync.normalise_phone(number || repeat(U&'\200B', 82), 'US'), key, length(number) + 246 || ' bytes') FROM (VALUES ('2125550123', '+12125550123'), ('12125550123', NULL)) AS x (number, key);
SELECT * FROM finish();
ROLLBACK;
