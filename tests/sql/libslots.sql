-- After lib.sql: from now on every plan is made twice, first alone. The second time the slots of other
-- districts hold what could be taken for this one's: what the first had made of the same night, as it is (6), in
-- the opposite (7) and of the next account (5), where everybody is pinned and abandoned and every classroom
-- has ended. The plan has to be the same, and to leave the other slots alone. What follows from it is what the file itself looks at.
\ir ../model/neighbour.sql
-- How each of these is made of what the first plan has left in a table.
CREATE TABLE test.slot_copy (target text NOT NULL, slot smallint NOT NULL, query text NOT NULL);
INSERT INTO test.slot_copy
SELECT c.oid::regclass::text, s.slot,
       format('INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_recordset(NULL::%s, $1) x ON CONFLICT DO NOTHING', c.oid::regclass, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
              string_agg(CASE WHEN a.attname = 'slot' THEN s.slot || '::smallint' WHEN s.slot = 6 THEN quote_ident(a.attname)
                              WHEN s.slot = 5 THEN CASE WHEN a.attname IN ('account', 'student_account', 'guardian_account', 'student', 'guardian') AND a.atttypid = 'bigint'::regtype
                                                        THEN format('x.%I + 1', a.attname) ELSE quote_ident(a.attname) END
                              WHEN a.attname = 'op' AND c.relname = 'plan_pin' THEN 'CASE x.op WHEN ''keep'' THEN ''remove'' ELSE ''keep'' END'
                              WHEN a.attname = 'op' AND c.relname LIKE 'plan%' THEN 'CASE x.op WHEN ''remove'' THEN ''keep'' ELSE ''remove'' END'
                              WHEN a.attname = 'op' THEN 'CASE x.op WHEN ''gone'' THEN ''change'' ELSE ''gone'' END'
                              ELSE test.opposite_of(a.attname, a.atttypid) END, ', ' ORDER BY a.attnum), c.oid::regclass)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
CROSS JOIN (VALUES (5::smallint), (6::smallint), (7::smallint)) s (slot)
WHERE NOT c.relispartition AND c.relkind IN ('r', 'p') AND (n.nspname = 'sync' OR n.nspname = 'stage' AND c.relname <> 'slot')
GROUP BY c.oid, c.relname, s.slot HAVING bool_or(a.attname = 'slot');

-- All that a slot holds, by table.
CREATE FUNCTION test.slot_rows(p_slot smallint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_target text;
    v_one jsonb;
    v_all jsonb := '{}';
BEGIN
    FOR v_target IN SELECT DISTINCT target FROM test.slot_copy LOOP
        EXECUTE format('SELECT jsonb_agg(to_jsonb(x) ORDER BY x::text) FROM %s x WHERE x.slot = $1', v_target) INTO v_one USING p_slot;
        v_all := v_all || jsonb_build_object(v_target, coalesce(v_one, '[]'));
    END LOOP;
    RETURN v_all;
END $$;

ALTER FUNCTION test.plan(bigint) RENAME TO plan_alone;
CREATE FUNCTION test.plan(p_run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_first jsonb;
    v_second jsonb;
    v_rows jsonb;
    v_again jsonb;
    v_copy test.slot_copy;
    v_slot smallint;
    v_differs text;
    v_others jsonb;
    v_numbers bigint[] := ARRAY[(SELECT last_value FROM directory.person_person_id_seq), (SELECT last_value FROM directory.classroom_classroom_id_seq),
                                (SELECT last_value FROM directory.school_school_id_seq)];
    d CONSTANT bigint := (SELECT district_id FROM rosterd.run WHERE run_id = p_run);
BEGIN
    FOR v_copy IN SELECT * FROM test.slot_copy LOOP
        EXECUTE format('DELETE FROM %s x WHERE x.slot = %s', v_copy.target, v_copy.slot);
    END LOOP;
    BEGIN
        v_first := test.plan_alone(p_run);
        SELECT s.slot INTO STRICT v_slot FROM sync.scope s WHERE s.run_id = p_run;
        v_rows := test.slot_rows(v_slot);
        RAISE EXCEPTION 'and back' USING ERRCODE = 'TS001';
    EXCEPTION WHEN SQLSTATE 'TS001' THEN
        NULL;
    END;
    PERFORM setval('directory.person_person_id_seq', v_numbers[1]), setval('directory.classroom_classroom_id_seq', v_numbers[2]), setval('directory.school_school_id_seq', v_numbers[3]);
    FOR v_copy IN SELECT * FROM test.slot_copy LOOP
        EXECUTE v_copy.query USING v_rows -> v_copy.target;
    END LOOP;
    INSERT INTO sync.plan_pin (slot, op, kind, id, frozen)
    SELECT 5, o.op, 'person', p.person_id, o.op = 'keep' FROM directory.person p CROSS JOIN (VALUES ('keep'), ('remove')) o (op) WHERE p.district_id = d
    UNION ALL
    SELECT 5, o.op, 'classroom', c.classroom_id, o.op = 'keep' FROM directory.classroom c CROSS JOIN (VALUES ('keep'), ('remove')) o (op) WHERE c.district_id = d
    ON CONFLICT DO NOTHING;
    INSERT INTO sync.plan_abandoned (slot, account) SELECT 5, p.person_id FROM directory.person p WHERE p.district_id = d ON CONFLICT DO NOTHING;
    INSERT INTO sync.plan_ending (slot, classroom_id, is_over, ends) SELECT 5, c.classroom_id, true, true FROM directory.classroom c WHERE c.district_id = d ON CONFLICT DO NOTHING;
    v_others := jsonb_build_array(test.slot_rows(5::smallint), test.slot_rows(6::smallint), test.slot_rows(7::smallint));
    v_second := test.plan_alone(p_run);
    IF v_first IS DISTINCT FROM v_second THEN
        RAISE EXCEPTION 'what stands in other slots has changed the plan from % to %', v_first, v_second;
    END IF;
    v_again := test.slot_rows(v_slot);
    SELECT string_agg(x.key, ', ') INTO v_differs FROM jsonb_each(v_rows) x WHERE x.value <> v_again -> x.key AND x.key NOT IN ('stage.finding', 'sync.scope');
    IF v_differs IS NOT NULL THEN
        RAISE EXCEPTION 'what stands in other slots has changed %', v_differs;
    END IF;
    IF v_others <> jsonb_build_array(test.slot_rows(5::smallint), test.slot_rows(6::smallint), test.slot_rows(7::smallint)) THEN
        RAISE EXCEPTION 'the plan has changed other slots';
    END IF;
    RETURN v_second;
END $$;
