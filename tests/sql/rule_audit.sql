-- Everything a run changes, as the audit tells it: rule, what, of whom, from what to what.
BEGIN;
\ir lib.sql
\ir libneighbour.sql
SELECT plan(12);

-- The numbers of a key or a row, as SIS ids.
CREATE FUNCTION pg_temp.with_names(p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(CASE
        WHEN k IN ('person_id', 'student_id', 'guardian_id', 'account') THEN test.name_of(v::bigint)
        WHEN k = 'classroom_id' THEN (SELECT coalesce(sourced_id, edited_name) FROM directory.classroom WHERE district_id = test.d() AND classroom_id = v::bigint)
        WHEN k = 'school_id' THEN (SELECT coalesce(sourced_id, 's?') FROM directory.school WHERE district_id = test.d() AND school_id = v::bigint)
        WHEN v IN ('true', 'false') THEN CASE v WHEN 'false' THEN 'not ' ELSE '' END || k
        ELSE v END, ' ' ORDER BY k COLLATE "C"), '-')
    FROM jsonb_each_text(p) AS e (k, v) WHERE v IS NOT NULL AND k NOT IN ('invitation_id', 'secret') $$;
CREATE FUNCTION pg_temp.audit(p_run bigint) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s %s: %s > %s', a.rule, replace(a.relation, 'directory.', ''), pg_temp.with_names(a.key), pg_temp.with_names(a.before), pg_temp.with_names(a.after)) AS line
    FROM audit.change a WHERE a.district_id = test.d() AND a.run_id = p_run ORDER BY format('%s %s %s %s %s', a.rule, a.relation, pg_temp.with_names(a.key), a.before, a.after) COLLATE "C" $$;

SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1'), test.class('c2', 'Class 2'), test.class('c3', 'Class 3', 's2');
SELECT test.teacher('tim', 'Tim', 'Teach', 'tim@example.org'), test.teacher('tea', 'Tea', 'Teach', 'tea@example.org');
SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus,gia}'), test.student('bob', 'Bob', 'Birch', agents => '{bea}');
SELECT test.student('cat', 'Cat', 'Cedar', agents => '{cora}'), test.student('dan', 'Dan', 'Dogwood', agents => '{dee}'), test.student('dot', 'Dot', 'Dogwood', agents => '{dee}');
SELECT test.guardian('gus', 'Gus', 'Ash', email => 'gus@example.org'), test.guardian('gia', 'Gia', 'Ash', email => 'gia@example.org'),
       test.guardian('bea', 'Bea', 'Birch', email => 'bea@example.org'), test.guardian('cora', 'Cora', 'Cedar', email => 'cora@example.org'),
       test.guardian('dee', 'Dee', 'Dogwood', email => 'dee@example.org', sms => '+12125550101');
SELECT test.enroll('c1', p) FROM unnest('{ann,bob,cat,dan}'::text[]) p;
SELECT test.enroll('c2', 'cat'), test.enroll('c2', 'dot'), test.enroll('c1', 'tim', 'teacher'), test.enroll('c2', 'tea', 'teacher');
CREATE TEMP TABLE night AS SELECT test.sync() AS run;

-- rule: UPD-7
SELECT is_empty('SELECT pg_temp.audit(run) FROM night', 'creations are found by their run instead');
SELECT is((SELECT string_agg(what || ' ' || n, ', ' ORDER BY what) FROM (
    SELECT 'person' AS what, count(*) AS n FROM directory.person p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'role', count(*) FROM directory.role p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'credential', count(*) FROM directory.credential p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'membership', count(*) FROM directory.membership p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'classroom', count(*) FROM directory.classroom p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'relationship', count(*) FROM directory.relationship p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'school', count(*) FROM directory.school p, night WHERE p.district_id = test.d() AND p.created_by_run = run
    UNION ALL SELECT 'invitation', count(*) FROM directory.invitation p, night WHERE p.district_id = test.d() AND p.created_by_run = run) x), 'classroom 3, credential 8, invitation 8, membership 8, person 12, relationship 6, role 7, school 2', 'as many as the file has');
SELECT test.accept('bea');

CREATE FUNCTION pg_temp.next_night() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE night SET run = test.sync();
    RETURN E'\n' || (SELECT string_agg(l, E'\n') FROM night, pg_temp.audit(run) AS l);
END $$;

SELECT test.guardian('gus', 'Gustav', 'Ash', email => 'gustav@example.org'), test.guardian('bea', 'Beatrice', 'Birch', email => 'beatrice@example.org');
SELECT is(pg_temp.next_night(), $$
CRED-4 credential gus@example.org: email not manual gus > -
IN-6 invitation -: open > closed
UPD-3 person gus: Ash Gus gus > Ash Gustav gus$$, 'names and contacts of invitees; the active keep theirs');

SELECT test.student('ann', 'Ann', 'Ash', agents => '{gus}'), test.student('bob', 'Bob', 'Birch', schools => '{s2}', agents => '{bea}');
SELECT test.drop_enroll('c1', 'bob'), test.enroll('c3', 'bob'), test.class('c2', 'Class Two');
SELECT is(pg_temp.next_night(), $$
CRED-4 credential gia@example.org: email not manual gia > -
IN-6 invitation -: open > closed
UPD-1 classroom c2: s1 Class 2 active synced > s1 Class Two active synced
UPD-1 membership c1 bob student: not claim_manual claim_sis not detached not suspended > -
UPD-2 relationship gia ann: not claim_manual claim_sis not suspended > not claim_manual not claim_sis suspended
UPD-8 role bob student s1: not claim_manual claim_sis active > -$$, 'a link ends, a student changes school, a class its title');

SELECT test.drop_person('cat'), test.drop_person('cora'), test.drop_person('dan'), test.drop_person('tim');
SELECT is(pg_temp.next_night(), $$
ABN-2 membership c1 tim teacher: not claim_manual claim_sis not detached not suspended > -
ABN-2 role tim teacher s1: not claim_manual claim_sis active > -
ABN-S1 membership c1 cat student: not claim_manual claim_sis not detached not suspended > -
ABN-S1 membership c1 dan student: not claim_manual claim_sis not detached not suspended > -
ABN-S1 membership c2 cat student: not claim_manual claim_sis not detached not suspended > -
ABN-S2 role cat student s1: not claim_manual claim_sis active > not claim_manual claim_sis archived
ABN-S2 role dan student s1: not claim_manual claim_sis active > not claim_manual claim_sis archived
CRED-4 credential cora@example.org: email not manual cora > -
CRED-4 credential tim@example.org: email not manual tim > -
IN-6 invitation -: open > closed
IN-6 invitation -: open > closed$$, 'a family leaves, a student alone, a teacher');

SELECT test.drop_class('c2');
SELECT is(pg_temp.next_night(), $$
CLS-7 classroom c2: s1 Class Two active synced > sis s1 Class Two archived synced$$, 'a class leaves');

SELECT test.class('c2', 'Class Two'), test.student('cat', 'Cat', 'Cedar', agents => '{cora}'), test.guardian('cora', 'Cora', 'Cedar', email => 'cora@example.org');
SELECT test.enroll('c2', 'cat');
SELECT is(pg_temp.next_night(), $$
ABN-B1 role cat student s1: not claim_manual claim_sis archived > not claim_manual claim_sis active
CLS-7 classroom c2: sis s1 Class Two archived synced > s1 Class Two active synced
UPD-1 membership c2 dot student: not claim_manual claim_sis not detached not suspended > -
UPD-1 membership c2 tea teacher: not claim_manual claim_sis not detached not suspended > -$$, 'class and family are back');

SELECT test.setting('abandonment', 'extreme'), test.drop_person('dot'), test.drop_person('dee');
SELECT is(pg_temp.next_night(), $$
ABN-E1 role dan student s1: not claim_manual claim_sis archived > not claim_manual claim_sis detached
ABN-E1 role dot student s1: not claim_manual claim_sis active > not claim_manual claim_sis detached
CRED-4 credential +12125550101: sms not manual dee > -
CRED-4 credential dee@example.org: email not manual dee > -
IN-6 invitation -: open > closed
IN-6 invitation -: open > closed$$, 'a family leaves under EXTREME');

SELECT test.drop_org('s2');
SELECT is(pg_temp.next_night(), $$
ABN-3 school s2: not archived School 2 > archived School 2
ABN-S2 role bob student s2: not claim_manual claim_sis active > not claim_manual claim_sis archived
CLS-7 classroom c3: s2 Class 3 active synced > sis s2 Class 3 archived synced$$, 'a school leaves');
SELECT test.org('s2', 'School Two');
SELECT is(pg_temp.next_night(), $$
ABN-3 school s2: archived School 2 > not archived School Two
ABN-B1 role bob student s2: not claim_manual claim_sis archived > not claim_manual claim_sis active
CLS-7 classroom c3: sis s2 Class 3 archived synced > s2 Class 3 active synced$$, 'and returns under another name');
SELECT test.guardian('gus', 'Gustav', 'Ash', sms => '+12125550109');
SELECT test.guardian('gia', 'Gia', 'Ash', agents => '{ann}', email => 'gia@example.org');
SELECT is(pg_temp.next_night(), $$
CRED-4 credential gustav@example.org: email not manual gus > -
IN-6 invitation -: open > closed
UPD-2 relationship gia ann: not claim_manual not claim_sis suspended > not claim_manual claim_sis not suspended$$, 'one credential for another; a link is stated again');
SELECT test.guardian('gus', 'Gustav', 'Ash');
SELECT is(pg_temp.next_night(), $$
CRED-4 credential +12125550109: sms not manual gus > -
CRED-8 relationship gus ann: not claim_manual claim_sis not suspended > -
IN-6 invitation -: open > closed$$, 'the last credential goes');
SELECT * FROM finish();
ROLLBACK;
