-- Losers give up before winners get: two people may have swapped. Whoever keeps one keeps with it that
-- they proved it. That goes into the audit too, so that an undo can give it back.
CREATE OR REPLACE FUNCTION sync.apply_credentials(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    INSERT INTO audit.change (district_id, run_id, rule, relation, key, before, after)
    SELECT v.district_id, v.run_id, p.rule, 'directory.credential', jsonb_build_object('value', c.value),
           jsonb_strip_nulls(jsonb_build_object('person_id', c.person_id, 'kind', c.kind, 'manual', c.manual,
                                                'proved', nullif(c.proved, false), 'vouched', nullif(c.vouched, false))),
           CASE WHEN p.op = 'change' THEN jsonb_build_object('person_id', p.account, 'kind', p.kind, 'manual', p.manual) END
    FROM sync.plan_credential p
    JOIN directory.credential c ON c.district_id = (SELECT v.district_id) AND c.value = p.value AND (v.whole OR c.value = ANY (v.contested))
    WHERE p.slot = p_slot AND p.op IN ('change', 'remove');

    UPDATE directory.credential c SET kind = p.kind, manual = p.manual
    FROM sync.plan_credential p
    WHERE p.slot = p_slot AND p.op = 'change' AND c.district_id = (SELECT v.district_id) AND c.value = p.value AND c.person_id = p.account
      AND (v.whole OR c.value = ANY (v.contested));

    DELETE FROM directory.credential c USING sync.plan_credential p
    WHERE p.slot = p_slot AND (p.op = 'remove' OR p.op = 'change' AND c.person_id <> p.account) AND c.district_id = (SELECT v.district_id) AND c.value = p.value
      AND (v.whole OR c.value = ANY (v.contested));

    INSERT INTO directory.credential (district_id, person_id, kind, value, manual, created_by_run)
    SELECT v.district_id, p.account, p.kind, p.value, p.manual, v.run_id
    FROM sync.plan_credential p
    LEFT JOIN directory.credential c ON c.district_id = (SELECT v.district_id) AND c.value = p.value AND p.op = 'change' AND (v.whole OR c.value = ANY (v.contested))
    WHERE p.slot = p_slot AND p.op IN ('add', 'change') AND c.value IS NULL ORDER BY p.value;
END
$function$;

COMMENT ON FUNCTION sync.apply_credentials(smallint) IS 'Writes who holds which credential from now on (CRED-4, UPD-3, UPD-7).';
REVOKE ALL ON FUNCTION sync.apply_credentials(smallint) FROM PUBLIC;
