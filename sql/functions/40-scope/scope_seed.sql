-- Whom and what the delta, the marks and the day name directly. An enrollment begins to count 30 days
-- before its begin date and stops on the day after its end date. A classroom that had ended (CLS-10)
-- begins again, with all its members, when an enrollment in it does, also where the day goes back to one
-- on which it had not ended. Students made by hand are looked at by every run: any may bring the record
-- that is theirs (OFF-3).
CREATE OR REPLACE FUNCTION sync.scope_seed(p_slot smallint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v sync.scope;
    v_members bigint[];
    v_from date;
    v_to date;
BEGIN
    SELECT * INTO STRICT v FROM sync.scope s WHERE s.slot = p_slot;
    SELECT least(j.judged_on, v.today), greatest(j.judged_on, v.today) INTO v_from, v_to FROM sis.judged j WHERE j.district_id = (SELECT v.district_id);

    v.classrooms := ARRAY(SELECT m.id FROM sync.mark m WHERE m.district_id = (SELECT v.district_id) AND m.kind = 'classroom');
    v.classes := ARRAY(
        SELECT d.sourced_id FROM sync.delta_class d WHERE d.slot = p_slot
        UNION SELECT c.sourced_id FROM directory.classroom c
              WHERE c.district_id = (SELECT v.district_id) AND c.classroom_id = ANY (v.classrooms) AND c.sourced_id IS NOT NULL
        UNION SELECT c.sourced_id FROM directory.classroom c
              WHERE c.district_id = (SELECT v.district_id) AND c.archived_by = 'ended'
                AND (c.sourced_id IN (SELECT d.class FROM sync.delta_enrollment d WHERE d.slot = p_slot)
                     OR c.sourced_id IN (SELECT e.class FROM sis.enrollment e
                                         WHERE e.district_id = (SELECT v.district_id)
                                           AND (e.begin_date > v_from + 30 AND e.begin_date <= v_to + 30 OR e.end_date >= v_from AND e.end_date < v_to))));
    v.classrooms := v.classrooms || ARRAY(SELECT c.classroom_id FROM sis.class c
                                          WHERE c.district_id = (SELECT v.district_id) AND c.sourced_id = ANY (v.classes) AND c.classroom_id IS NOT NULL);
    v_members := sync.members_of(v.district_id, v.classrooms);
    v.accounts := ARRAY(
        SELECT m.id FROM sync.mark m WHERE m.district_id = (SELECT v.district_id) AND m.kind = 'person'
        UNION SELECT unnest(v_members)
        UNION SELECT r.person_id FROM directory.role r WHERE r.district_id = (SELECT v.district_id) AND r.role = 'student' AND r.claim_manual);
    v.people := ARRAY(
        SELECT d.sourced_id FROM sync.delta_person d WHERE d.slot = p_slot
        UNION SELECT d.student FROM sync.delta_link d WHERE d.slot = p_slot
        UNION SELECT d.guardian FROM sync.delta_link d WHERE d.slot = p_slot
        UNION SELECT e.person FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.class = ANY (v.classes)
        UNION SELECT e.person FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.begin_date > v_from + 30 AND e.begin_date <= v_to + 30
        UNION SELECT e.person FROM sis.enrollment e WHERE e.district_id = (SELECT v.district_id) AND e.end_date >= v_from AND e.end_date < v_to);
    v.people := v.people || sync.scope_seats(p_slot, v.people, v.classes);
    v.contested := ARRAY(SELECT m.value FROM sync.mark m WHERE m.district_id = (SELECT v.district_id) AND m.kind = 'credential');
    UPDATE sync.scope SET people = v.people, accounts = v.accounts, classes = v.classes, classrooms = v.classrooms, contested = v.contested
    WHERE slot = p_slot;
END
$function$;

COMMENT ON FUNCTION sync.scope_seed(smallint) IS 'What has to be judged again because it changed itself: by the delta, by hand, by the date (IN-1, UPD-6).';
REVOKE ALL ON FUNCTION sync.scope_seed(smallint) FROM PUBLIC;
