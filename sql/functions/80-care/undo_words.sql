CREATE OR REPLACE FUNCTION sync.undo_words(p_district bigint, p_run bigint, p_items jsonb, p_done boolean)
RETURNS TABLE (relation text, what text, verdict text, why text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT c.relation,
           CASE c.relation
               WHEN 'classroom' THEN coalesce('classroom ' || r.sourced_id, 'classroom number ' || c.classroom)
               WHEN 'membership' THEN format('%s in %s', sync.named(p_district, c.person), coalesce('classroom ' || r.sourced_id, 'classroom number ' || c.classroom))
               WHEN 'relationship' THEN format('guardian %s of %s', sync.named(p_district, c.person), sync.named(p_district, (a.key ->> 'student_id')::bigint))
               WHEN 'role' THEN format('%s as %s at %s', sync.named(p_district, c.person), replace(a.key ->> 'role', '_', ' '), coalesce('school ' || s.sourced_id, 'school number ' || s.school_id))
               WHEN 'credential' THEN format('%s of %s', a.before ->> 'kind', sync.named(p_district, c.person))
               WHEN 'school' THEN coalesce('school ' || s.sourced_id, 'school number ' || s.school_id)
               ELSE format('name of %s', sync.named(p_district, c.person)) END,
           CASE WHEN NOT c.goes THEN 'left' WHEN p_done THEN 'put back' ELSE 'would be put back' END, c.why
    FROM jsonb_to_recordset(p_items) AS c (change_id bigint, relation text, person bigint, classroom bigint, goes boolean, why text)
    JOIN audit.change a ON a.district_id = p_district AND a.change_id = c.change_id
    LEFT JOIN directory.classroom r ON r.district_id = p_district AND r.classroom_id = c.classroom
    LEFT JOIN directory.school s ON s.district_id = p_district AND s.school_id = (a.key ->> 'school_id')::bigint
    UNION ALL
    SELECT 'person', format('%s people', count(*)), 'left', 'the run added them; an undo takes nobody out'
    FROM directory.person p WHERE p.district_id = p_district AND p.created_by_run = p_run HAVING count(*) > 0
$function$;

COMMENT ON FUNCTION sync.undo_words(bigint, bigint, jsonb, boolean) IS 'What an undo did or would do, in words; ids only (UPD-7).';
REVOKE ALL ON FUNCTION sync.undo_words(bigint, bigint, jsonb, boolean) FROM PUBLIC;
