-- Who looked whom up is kept, with the person's number, not with what was asked.
CREATE OR REPLACE FUNCTION sync.explain(p_slug text, p_sourced_id text, p_by text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_district CONSTANT bigint := rosterd.find_district(p_slug);
    v_steps jsonb;
BEGIN
    SELECT jsonb_agg(to_jsonb(e) ORDER BY e.step) INTO v_steps FROM rosterd.explain_person(v_district, p_sourced_id) e;
    INSERT INTO audit.change (district_id, act, rule, relation, key)
    VALUES (v_district, 'explain by ' || p_by, 'UPD-7', 'rosterd.explain_person',
            coalesce((SELECT jsonb_build_object('person_id', m.person_id) FROM sis.person m
                      WHERE m.district_id = v_district AND m.sourced_id = p_sourced_id AND m.person_id IS NOT NULL), '{}'));
    RETURN jsonb_build_object('slug', (SELECT d.slug FROM rosterd.district d WHERE d.district_id = v_district), 'sourced_id', p_sourced_id, 'steps', v_steps);
END
$function$;

COMMENT ON FUNCTION sync.explain(text, text, text) IS
    'rosterd.explain_person for a caller of the control socket, kept in the audit: {"slug", "sourced_id", "steps": [{"step", "subject", "verdict", "detail"}]}.';
REVOKE ALL ON FUNCTION sync.explain(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.explain(text, text, text) TO rosterd_daemon;
