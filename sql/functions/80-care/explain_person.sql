-- The rules are asked, not told again: they judge the record in a free slot, the answer is read off their
-- plan, and everything written for it is rolled back. Inside the gate, so that no run applies meanwhile.
CREATE OR REPLACE FUNCTION rosterd.explain_person(p_district bigint, p_sourced_id text)
RETURNS TABLE (step integer, subject text, verdict text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_slot smallint;
    v_person bigint;
    v_steps jsonb;
BEGIN
    PERFORM sync.enter_gate(p_district);
    PERFORM api.district_of(p_district);
    SELECT jsonb_agg(to_jsonb(f)) INTO v_steps FROM sync.explain_file(p_district, p_sourced_id) f;
    SELECT m.person_id INTO v_person FROM sis.person m WHERE m.district_id = p_district AND m.sourced_id = p_sourced_id;
    IF FOUND THEN
        BEGIN
            SELECT s.slot INTO v_slot FROM stage.slot s WHERE s.run_id IS NULL ORDER BY s.slot DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'RS012', MESSAGE = 'every slot is taken by a sync', HINT = 'Try again in a moment.';
            END IF;
            PERFORM sync.explain_judge(v_slot, p_district, p_sourced_id);
            SELECT v_steps || coalesce(jsonb_agg(to_jsonb(r)), '[]') INTO v_steps FROM sync.explain_rules(v_slot, p_sourced_id) r;
            SELECT v_steps || coalesce(jsonb_agg(to_jsonb(n)), '[]') INTO v_steps
            FROM sync.after_person p CROSS JOIN LATERAL sync.explain_pending(v_slot, p.account) n
            WHERE p.slot = v_slot AND p.sourced_id = p_sourced_id AND p.account IS NOT NULL;
            RAISE EXCEPTION USING ERRCODE = 'RS100', MESSAGE = 'take back what was written to ask the rules';
        EXCEPTION WHEN SQLSTATE 'RS100' THEN
            NULL;
        END;
        SELECT v_steps || coalesce(jsonb_agg(to_jsonb(x)), '[]') INTO v_steps
        FROM (SELECT * FROM sync.explain_seen(p_district, v_person) UNION ALL SELECT * FROM sync.explain_past(p_district, v_person)) x
        WHERE v_person IS NOT NULL;
    END IF;
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY (s.row ->> 'part')::integer, s.nth)::integer, s.row ->> 'subject', s.row ->> 'verdict', s.row ->> 'detail'
    FROM jsonb_array_elements(v_steps) WITH ORDINALITY AS s (row, nth);
END
$function$;

COMMENT ON FUNCTION rosterd.explain_person(bigint, text) IS
    'Why somebody is in the directory as they are, or is not in it, step by step from the file to what people see, for any sourcedId of users.csv. Names ids and kinds, no values. SELECT * FROM rosterd.explain_person(1, ''p-4711''); RS008, RS012 (CRED-1, IN-4, UPD-7).';
REVOKE ALL ON FUNCTION rosterd.explain_person(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rosterd.explain_person(bigint, text) TO rosterd_csm, rosterd_ops;
