-- What people see of somebody, out of the directory itself.
CREATE OR REPLACE FUNCTION sync.explain_seen(p_district bigint, p_person bigint)
RETURNS TABLE (part integer, subject text, verdict text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 60, 'account', p.status, format('person_id %s; SIS ids: %s.', p.person_id, coalesce(i.ids, 'none, made by hand'))
           || CASE WHEN i.number > 1 THEN ' One person with several records.' ELSE '' END
    FROM directory.person p
    CROSS JOIN LATERAL (SELECT string_agg(m.sourced_id || CASE WHEN m.live THEN '' ELSE ' (gone)' END, ', ' ORDER BY m.sourced_id) AS ids, count(*) AS number
                        FROM sis.person m WHERE m.district_id = p_district AND m.person_id = p_person) i
    WHERE p.district_id = p_district AND p.person_id = p_person
    UNION ALL
    SELECT 61, 'credentials', coalesce(string_agg(c.kind, ', ' ORDER BY c.kind), 'none'),
           CASE WHEN bool_or(c.manual) THEN 'Some were given by hand.' ELSE 'What they can sign in and be reached with; values are not shown here.' END
    FROM directory.credential c WHERE c.district_id = p_district AND c.person_id = p_person
    UNION ALL
    (SELECT 62, 'sees ' || coalesce('school ' || s.sourced_id, 'school number ' || k.school_id), string_agg(DISTINCT replace(k.role, '_', ' '), ', '),
            'Connected: sees the school and is reached by its messages.'
     FROM api.connected k JOIN directory.school s ON s.district_id = p_district AND s.school_id = k.school_id
     WHERE k.district_id = p_district AND k.person_id = p_person
     GROUP BY s.sourced_id, k.school_id ORDER BY s.sourced_id)
    UNION ALL
    (SELECT 63, 'shown in ' || coalesce('school ' || s.sourced_id, 'school number ' || r.school_id), r.state,
            CASE r.state WHEN 'archived' THEN 'The student is in the school''s directory under Archived and All (ABN-S2).'
                         ELSE 'The student is in no section of the school''s directory (ABN-E1).' END
     FROM directory.role r JOIN directory.school s ON s.district_id = p_district AND s.school_id = r.school_id
     WHERE r.district_id = p_district AND r.person_id = p_person AND r.state <> 'active' ORDER BY s.sourced_id)
    UNION ALL
    (SELECT 64, coalesce('classroom ' || c.sourced_id, 'classroom number ' || c.classroom_id),
            CASE WHEN m.detached THEN 'detached' WHEN NOT (m.claim_sis OR m.claim_manual AND NOT m.suspended) THEN 'suspended' ELSE m.role END,
            concat_ws(', ', CASE c.state WHEN 'archived' THEN 'archived' ELSE 'active' END, CASE WHEN m.claim_sis THEN 'by the SIS' END,
                      CASE WHEN m.claim_manual THEN 'by hand' END)
     FROM directory.membership m JOIN directory.classroom c ON c.district_id = p_district AND c.classroom_id = m.classroom_id
     WHERE m.district_id = p_district AND m.person_id = p_person ORDER BY c.sourced_id, c.classroom_id)
    UNION ALL
    (SELECT 65, CASE WHEN r.guardian_id = p_person THEN 'guardian of ' || sync.named(p_district, r.student_id)
                     ELSE 'student of ' || sync.named(p_district, r.guardian_id) END,
            CASE WHEN NOT r.suspended AND (r.claim_sis OR r.claim_manual) THEN 'linked' ELSE 'suspended' END,
            concat_ws(', ', CASE WHEN r.claim_sis THEN 'by the SIS' END, CASE WHEN r.claim_manual THEN 'by hand' END)
     FROM directory.relationship r WHERE r.district_id = p_district AND p_person IN (r.student_id, r.guardian_id)
     ORDER BY r.student_id, r.guardian_id)
    UNION ALL
    SELECT 66, 'invitations', count(*) FILTER (WHERE i.state = 'open') || ' open',
           format('%s accepted, %s closed.', count(*) FILTER (WHERE i.state = 'accepted'), count(*) FILTER (WHERE i.state = 'closed'))
    FROM directory.invitation i WHERE i.district_id = p_district AND i.person_id = p_person
$function$;

COMMENT ON FUNCTION sync.explain_seen(bigint, bigint) IS 'What the directory has of a person: account, schools, classrooms, family, invitations; ids only (ABN-S2, ABN-S4).';
REVOKE ALL ON FUNCTION sync.explain_seen(bigint, bigint) FROM PUBLIC;
