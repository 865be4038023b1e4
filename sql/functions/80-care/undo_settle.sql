-- What was put back is pinned, or the next run would take it away again; the next run looks at all of it;
-- who is connected again is invited again, and who held meanwhile what is somebody else's again is not.
CREATE OR REPLACE FUNCTION sync.undo_settle(p_district bigint, p_undo bigint, p_undone bigint, p_people bigint[], p_classrooms bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_family bigint[];
BEGIN
    INSERT INTO sync.pin (district_id, kind, id, reason, pinned_by, undo_run)
    SELECT p_district, x.kind, x.id, format('put back by undoing run %s', p_undone), rosterd.who(), p_undo
    FROM (SELECT 'person' AS kind, unnest(p_people) AS id UNION SELECT 'classroom', unnest(p_classrooms)) x
    ON CONFLICT (district_id, kind, id) DO NOTHING;
    PERFORM api.mark_people(p_district, p_people);
    PERFORM api.mark_classroom(p_district, c) FROM unnest(p_classrooms) AS c;
    v_family := ARRAY(SELECT unnest(p_people)
                      UNION SELECT g.guardian_id FROM directory.guardianship g WHERE g.district_id = p_district AND g.student_id = ANY (p_people)
                      UNION SELECT (c.before ->> 'person_id')::bigint FROM audit.change c
                            WHERE c.district_id = p_district AND c.run_id = p_undo);
    PERFORM api.settle_invitations(p_district, NULL, format('undo run %s', p_undone), v_family);
END
$function$;

COMMENT ON FUNCTION sync.undo_settle(bigint, bigint, bigint, bigint[], bigint[]) IS 'Pins and marks what an undo put back, and invites who is to be invited again (IN-6, UPD-6).';
REVOKE ALL ON FUNCTION sync.undo_settle(bigint, bigint, bigint, bigint[], bigint[]) FROM PUBLIC;
