-- The rows that are not in a shortened slot were as in the mirror when they came last, and nothing was
-- found about them. That is still so unless something else takes away what they name: they are needed
-- then, and the file is staged once more. What may bring something they name (a school, a class, a person, a role)
-- needs none of them: that it was missing was a finding, and such rows are in every slot (sis.unsettled).
CREATE OR REPLACE FUNCTION sync.delta_whole(p_slot smallint, p_district bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_classes text[];
    v_people text[];
    v_guardians text[];
    v_schools text[];
BEGIN
    IF NOT sync.is_shortened(p_slot) THEN
        RETURN NULL;
    END IF;
    IF (SELECT s.digest_base = j.digest FROM stage.slot s JOIN sis.judged j ON j.district_id = (SELECT p_district) WHERE s.slot = p_slot) IS NOT TRUE THEN
        RETURN 'digest';
    END IF;
    IF NOT (sync.is_complete(p_slot, 'class') AND sync.is_complete(p_slot, 'person') AND sync.is_complete(p_slot, 'enrollment')) THEN
        RETURN 'unreadable';
    END IF;
    IF EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.roles IS NULL)
       OR (SELECT s.files -> 'roles.csv' ->> 'mode' FROM stage.slot s WHERE s.slot = p_slot AND (s.files -> 'roles.csv' ->> 'present')::boolean) = 'delta' THEN
        RETURN 'roles';
    END IF;

    v_schools := ARRAY(SELECT d.sourced_id FROM sync.delta_org d WHERE d.slot = p_slot AND (d.op = 'gone' OR lower(d.type) <> 'school'));
    IF EXISTS (SELECT FROM sis.class m
               WHERE m.district_id = (SELECT p_district) AND m.live AND m.school = ANY (v_schools)
                 AND NOT EXISTS (SELECT FROM stage.class s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
                 AND NOT EXISTS (SELECT FROM stage.gone g WHERE g.slot = p_slot AND g.kind = 'class' AND g.sourced_id = m.sourced_id)) THEN
        RETURN 'classes';
    END IF;

    v_classes := ARRAY(SELECT d.sourced_id FROM sync.delta_class d WHERE d.slot = p_slot AND d.op = 'gone');
    v_people := ARRAY(SELECT d.sourced_id FROM sync.delta_person d WHERE d.slot = p_slot AND d.op = 'gone');
    IF EXISTS (SELECT FROM (SELECT c.sourced_id FROM sync.enrollments_by_class(p_district, v_classes) c
                            UNION ALL SELECT p.sourced_id FROM sync.enrollments_by_person(p_district, v_people) p) m
               WHERE NOT EXISTS (SELECT FROM stage.enrollment s WHERE s.slot = p_slot AND s.sourced_id = m.sourced_id)
                 AND NOT EXISTS (SELECT FROM stage.gone g WHERE g.slot = p_slot AND g.kind = 'enrollment' AND g.sourced_id = m.sourced_id)) THEN
        RETURN 'enrollments';
    END IF;

    v_guardians := ARRAY(SELECT d.sourced_id FROM sync.delta_person d
                         WHERE d.slot = p_slot AND d.op IN ('changed', 'back')
                           AND NOT (sync.has_role(d.roles, 'guardian') OR sync.has_role(d.roles, 'parent') OR sync.has_role(d.roles, 'relative')));
    IF EXISTS (SELECT FROM sync.links_by_guardian(p_district, v_guardians) m
               WHERE m.by_student
                 AND NOT EXISTS (SELECT FROM stage.person s WHERE s.slot = p_slot AND s.sourced_id = m.student)
                 AND NOT EXISTS (SELECT FROM stage.gone g WHERE g.slot = p_slot AND g.kind = 'person' AND g.sourced_id = m.student)) THEN
        RETURN 'links';
    END IF;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION sync.delta_whole(smallint, bigint) IS
    'Why the delta of a shortened slot may not be that of the whole file, as a word; NULL: it is (SAFE-1, SAFE-2).';
REVOKE ALL ON FUNCTION sync.delta_whole(smallint, bigint) FROM PUBLIC;
