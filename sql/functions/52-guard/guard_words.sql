CREATE OR REPLACE FUNCTION sync.guard_words(p_slot smallint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
    WITH phrase (what, kind, is_active, nth, one, many) AS (VALUES
        ('renumbered', 'students', NULL, 1, '1 student seems', '%s students seem'),
        ('renumbered', 'guardians', NULL, 2, '1 guardian seems', '%s guardians seem'),
        ('renumbered', 'teachers', NULL, 3, '1 teacher seems', '%s teachers seem'),
        ('loss', 'students', NULL, 4, '1 student would leave', '%s students would leave'),
        ('loss', 'guardians', true, 5, '1 active guardian would lose their last child', '%s active guardians would lose their last child'),
        ('loss', 'guardians', false, 6, '1 invited guardian would lose their last child', '%s invited guardians would lose their last child'),
        ('loss', 'guardianships', NULL, 7, '1 relationship between a child and a guardian would end', '%s relationships between a child and a guardian would end'),
        ('loss', 'teachers', NULL, 8, '1 teacher would leave', '%s teachers would leave'),
        ('loss', 'classrooms', NULL, 9, '1 classroom would be archived or disconnected', '%s classrooms would be archived or disconnected'),
        ('loss', 'memberships', NULL, 10, '1 place in a classroom would be lost', '%s places in classrooms would be lost'),
        ('addition', 'students', NULL, 11, '1 student would be added', '%s students would be added'),
        ('addition', 'guardians', NULL, 12, '1 guardian would be added', '%s guardians would be added'),
        ('addition', 'teachers', NULL, 13, '1 teacher would be added', '%s teachers would be added'),
        ('addition', 'guardianships', NULL, 14, '1 child would get a guardian', '%s relationships between a child and a guardian would be added'),
        ('addition', 'invitees', NULL, 15, '1 invitee would get another name or credential', '%s invitees would get another name or credential')
    ), counted AS (
        SELECT p.nth, p.one, p.many, i.what, i.school_id, count(*) AS n
        FROM sync.plan_item i
        JOIN phrase p ON p.what = i.what AND p.kind = i.kind AND (p.is_active IS NULL OR p.is_active = i.is_active)
        WHERE i.slot = p_slot AND EXISTS (SELECT FROM sync.plan_over o WHERE o.slot = p_slot AND o.what = i.what AND o.kind = i.kind)
        GROUP BY p.nth, p.one, p.many, i.what, i.school_id
    ), total AS (
        SELECT p.nth, count(DISTINCT i.item) AS n
        FROM sync.plan_item i JOIN phrase p ON p.what = i.what AND p.kind = i.kind AND (p.is_active IS NULL OR p.is_active = i.is_active)
        WHERE i.slot = p_slot GROUP BY p.nth
    ), most AS (
        SELECT DISTINCT ON (c.nth) c.nth, c.one, c.many, c.what, t.n AS total, c.n, o.name
        FROM counted c JOIN total t USING (nth) LEFT JOIN sync.after_org o ON o.slot = p_slot AND o.school_id = c.school_id
        ORDER BY c.nth, c.school_id = 0, c.n DESC, o.name
    )
    SELECT coalesce(array_agg(
               CASE m.total WHEN 1 THEN m.one ELSE format(m.many, to_char(m.total, 'FM999,999,999')) END
               || CASE m.what WHEN 'renumbered' THEN ' to be here already under another id: same name, schools and family' ELSE '' END
               || CASE WHEN m.name IS NULL THEN '' WHEN m.total = 1 OR m.n = m.total THEN format(', at %s', m.name)
                       ELSE format(', %s of them at %s', to_char(m.n, 'FM999,999,999'), m.name) END
               ORDER BY m.nth), '{}')
    FROM most m);
END
$function$;

COMMENT ON FUNCTION sync.guard_words(smallint) IS 'What is over a limit, as sentences about people and the school it concerns most (SAFE-4).';
REVOKE ALL ON FUNCTION sync.guard_words(smallint) FROM PUBLIC;
