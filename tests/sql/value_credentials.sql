-- What a person types and what a file brings must come to the same key: the hard cases, which the worker's
-- test reads too.
BEGIN;
CREATE SCHEMA test;
CREATE TABLE test.credential (kind text, region text, given text, worker text, database text, what text);
\ir ../unit/credentials.copy
SELECT plan((SELECT count(*)::integer FROM test.credential));

-- rule: CRED-3
SELECT is(CASE kind WHEN 'email' THEN sync.normalise_email(given) ELSE sync.normalise_phone(given, region) END, database,
          concat_ws(' ', kind, region, quote_literal(given), '(' || what || ')'))
  FROM test.credential;
SELECT * FROM finish();
ROLLBACK;
