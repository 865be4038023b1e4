-- What the worker found in a file, from its slot to where people read it, and until it is mended.
BEGIN;
SELECT plan(27);
\ir lib.sql
SELECT test.district();
CREATE TABLE test.run (daemon bigint, epoch bigint, id bigint, slot smallint);
INSERT INTO test.run (daemon) SELECT test.as_daemon($$ SELECT sync.daemon_start('test', '1') $$)::bigint;
SELECT test.as_daemon(format('SELECT count(*) FROM sync.lease_districts(%s, 600)', daemon)) FROM test.run;
UPDATE test.run SET epoch = (SELECT epoch FROM rosterd.lease WHERE district_id = test.d());
-- A run whose file holds these findings: severity, code, line, sourced_id, count.
CREATE FUNCTION test.found(VARIADIC p_found text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_one text[];
BEGIN
    UPDATE test.run SET id = test.as_daemon(format('SELECT sync.run_begin(%s, %s, %s, ''schedule'', NULL)', daemon, test.d(), epoch))::bigint;
    UPDATE test.run SET slot = test.as_daemon(format('SELECT sync.slot_take(%s)', id))::smallint;
    UPDATE stage.slot s SET files = '{}' FROM test.run t WHERE s.slot = t.slot;
    DELETE FROM stage.finding f USING test.run t WHERE f.slot = t.slot;
    FOR v_one IN SELECT string_to_array(f, ' ') FROM unnest(p_found) f LOOP
        INSERT INTO stage.finding (slot, severity, code, file, line, column_name, sourced_id, message, count)
        SELECT slot, v_one[1], v_one[2], 'users.csv', v_one[3]::bigint, NULL, v_one[4], 'words for people', v_one[5]::bigint FROM test.run;
    END LOOP;
    RETURN id FROM test.run;
END $$;
CREATE FUNCTION test.move() RETURNS text LANGUAGE sql AS $$ SELECT test.as_daemon(format('SELECT sync.run_findings(%s)', id)) FROM test.run $$;
CREATE FUNCTION test.over(p_state text) RETURNS text LANGUAGE sql AS
    $$ SELECT test.as_daemon(format('SELECT sync.run_end(%s, %L, NULL, NULL, NULL)', id, p_state)) FROM test.run $$;
CREATE FUNCTION test.tally() RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT errors || ' ' || warnings || ' ' || infos FROM rosterd.tally WHERE district_id = test.d() $$;
CREATE FUNCTION test.counted() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(count) FILTER (WHERE severity = 'error'), 0) || ' ' || coalesce(sum(count) FILTER (WHERE severity = 'warning'), 0)
        || ' ' || coalesce(sum(count) FILTER (WHERE severity = 'info'), 0)
    FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL $$;
CREATE FUNCTION test.open_ids() RETURNS bigint[] LANGUAGE sql STABLE AS
    $$ SELECT array_agg(finding_id ORDER BY finding_id) FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run IS NULL $$;

SELECT test.found('error csv.row 5 p1 1', 'warning csv.value 6 p2 1', 'warning csv.value 7 p2 1', 'info csv.many 8 p3 900') AS run1 \gset
SELECT test.move();
SELECT is(test.findings(), 'p1:csv.row p2:csv.value p2:csv.value p3:csv.many', 'the findings of a file are to be read');
SELECT is((SELECT count(*) FROM rosterd.finding WHERE district_id = test.d() AND origin = 'file' AND run_id = :run1), 4::bigint, 'as those of its run and of the file');
SELECT is(test.tally(), '1 2 900', 'and counted, each for as many as it stands for');
SELECT test.move();
SELECT is(test.tally(), '1 2 900', 'moved again they are not doubled');
CREATE TEMP TABLE was AS SELECT test.open_ids() AS ids;
-- what the rules found is not the file's
INSERT INTO rosterd.finding (district_id, run_id, severity, code, sourced_id, message) VALUES (test.d(), :run1, 'warning', 'guardian.none', 'g1', 'words');
SELECT is(test.tally(), '1 3 900', 'the rules'' findings count too');
SELECT test.over('done');

SELECT test.found('error csv.row 15 p1 1', 'warning csv.value 16 p2 1', 'error csv.row 17 p9 1') AS run2 \gset
SELECT test.move();
SELECT is(test.findings(), 'g1:guardian.none p1:csv.row p2:csv.value p9:csv.row', 'the next file: what is mended is closed, the rules'' findings are left alone');
SELECT ok((SELECT ids FROM was) @> (test.open_ids())[1:2], 'what is there again, on another line, goes on standing');
SELECT is((SELECT min(run_id) FROM rosterd.finding WHERE district_id = test.d() AND sourced_id = 'p1' AND closed_by_run IS NULL), :run1::bigint, 'from the run that first had it');
SELECT is((SELECT array_agg(DISTINCT closed_by_run) FROM rosterd.finding WHERE district_id = test.d() AND closed_at IS NOT NULL), ARRAY[:run2::bigint], 'what was closed says by which run');
SELECT is(test.tally(), test.counted(), 'the tally follows');
SELECT test.over('done');

-- a rejected file: its own findings, and what stands of the data in use
SELECT test.found('error zip.broken 1 - 1') AS run3 \gset
UPDATE stage.slot s SET files = NULL FROM test.run t WHERE s.slot = t.slot;
SELECT test.move();
SELECT test.over('rejected');
SELECT is(test.findings(), '-:zip.broken g1:guardian.none p1:csv.row p2:csv.value p9:csv.row', 'a rejected file closes nothing of the accepted one''s');
SELECT test.found('error zip.empty 1 - 1') AS run4 \gset
UPDATE stage.slot s SET files = NULL FROM test.run t WHERE s.slot = t.slot;
SELECT test.move();
SELECT test.over('rejected');
SELECT is(test.findings(), '-:zip.empty g1:guardian.none p1:csv.row p2:csv.value p9:csv.row', 'the next rejected one replaces it');
SELECT test.found(VARIADIC '{}') AS run5 \gset
SELECT test.move();
SELECT test.over('done');
SELECT is(test.findings(), 'g1:guardian.none', 'a good one closes all');
SELECT is(test.tally(), '0 1 0', 'and the tally knows');

-- reading them
CREATE FUNCTION test.read(p_slug text, p_run bigint, p_limit integer DEFAULT 100) RETURNS text LANGUAGE sql AS $$
    SELECT test.as_daemon(format('SELECT string_agg(code || '':'' || coalesce(sourced_id, ''-''), '' '') FROM sync.findings(%L, %L, %s)', p_slug, p_run, p_limit)) $$;
SELECT is(test.read('oak', NULL), 'guardian.none:g1', 'the open ones of a district');
SELECT is(test.read('oak', :run1), 'csv.row:p1 csv.value:p2 csv.value:p2 guardian.none:g1 csv.many:p3', 'those that stood after a run, errors first');
SELECT is(test.read(NULL, :run3), 'csv.row:p1 csv.row:p9 zip.broken:- csv.value:p2 guardian.none:g1', 'also without the district');
SELECT is(test.read(NULL, NULL), 'guardian.none:g1', 'or of all districts');
SELECT is(test.read(NULL, :run1, 2), 'csv.row:p1 csv.value:p2', 'not more than asked for');
SELECT throws_ok($$ SELECT test.read('oak', -1) $$, 'RS008', 'there is no run -1 of "oak"', 'of a run there is');
SELECT throws_ok($$ SELECT test.read('oka', NULL) $$, 'RS008', NULL, 'and of a district there is');
SELECT is((SELECT string_agg(code, ' ') FROM rosterd.open_findings WHERE slug = 'oak'), 'guardian.none', 'the view shows the open ones');

-- kept for so long
UPDATE rosterd.finding SET closed_at = closed_at - interval '91 days' WHERE district_id = test.d() AND closed_by_run = :run2;
SELECT is(test.as_daemon('SELECT sync.tidy(400, 90, 400)'), 'false', 'there is no more to tidy than one call does');
SELECT is((SELECT count(*) FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run = :run2), 0::bigint, 'closed findings go after their time');
SELECT ok((SELECT count(*) > 0 FROM rosterd.finding WHERE district_id = test.d() AND closed_by_run = :run5), 'not before');
SELECT is(test.findings(), 'g1:guardian.none', 'and open ones never');
SELECT is(test.tally(), test.counted(), 'the tally is still right');

SELECT * FROM finish();
ROLLBACK;
