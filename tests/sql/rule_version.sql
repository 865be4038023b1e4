-- Whoever changes a rule has every district judged again, without thinking of it.
BEGIN;
SELECT plan(8);
CREATE FUNCTION pg_temp.change(p_function regprocedure, p_from text, p_to text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_before CONSTANT integer := sync.rules_digest();
    v_text CONSTANT text := pg_get_functiondef(p_function);
BEGIN
    ASSERT position(p_from IN v_text) > 0, 'nothing to change';
    EXECUTE replace(v_text, p_from, p_to);
    RETURN sync.rules_digest() <> v_before;
END $$;

-- rule: UPD-6
SELECT is(sync.rules_version(), sync.rules_digest(), 'the version is made of the rules as they are loaded');
SELECT ok(pg_temp.change('sync.after_classes(smallint)', 'SELECT', 'SELECT ALL'), 'a change of what the rules see is another version');
SELECT ok(pg_temp.change('sync.judge_pins(smallint)', 'AND', 'AND true AND'), 'and one of a rule');
SELECT ok(pg_temp.change('sync.fold_name(text)', 'SELECT', 'SELECT ALL'), 'and one of what rules call');
-- Taken back at once: whoever kept two views locked would deadlock with the tests beside this one.
CREATE FUNCTION pg_temp.change_view(p_view regclass) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_before CONSTANT integer := sync.rules_digest();
    v_after integer;
BEGIN
    BEGIN
        EXECUTE format('CREATE OR REPLACE VIEW %s AS SELECT * FROM (%s) x LIMIT 1', p_view, rtrim(pg_get_viewdef(p_view), ';'));
        v_after := sync.rules_digest();
        RAISE SQLSTATE 'TAKEB';
    EXCEPTION WHEN SQLSTATE 'TAKEB' THEN NULL;
    END;
    RETURN v_after <> v_before;
END $$;
SELECT ok(pg_temp.change_view('sync.after_school'), 'and one of a view that rules look through');
SELECT ok(pg_temp.change_view('directory.guardianship'), 'also one that others look through too');
SELECT ok(NOT pg_temp.change('sync.judge_pins(smallint)', 'BEGIN', E'-- a word about it\n\nBEGIN'), 'a comment is none');
SELECT ok(NOT pg_temp.change('sync.slot_take(bigint)', 'BEGIN', 'BEGIN NULL;'), 'nor is what decides nothing');
SELECT * FROM finish();
ROLLBACK;
