-- Why somebody is in the directory, or is not: the answer for every person of a district is held against
-- what the directory shows.
BEGIN;
\ir lib.sql
SELECT plan(44);
SELECT test.district();
SELECT test.org('s2', 'School 2');
SELECT test.class('c1', 'Class 1');
SELECT test.student('ann', 'Ann', 'Ash', email => 'ann@example.org'), test.student('bob', 'Bob', 'Birch'), test.student('cyd', 'Cyd', 'Cedar');
SELECT test.guardian('gus', 'Gus', 'Ash', '{ann}', email => 'gus@example.org', phone => '+12125550101');
SELECT test.guardian('hal', 'Hal', 'Ash', '{ann}', email => 'both@example.org');
SELECT test.guardian('ivy', 'Ivy', 'Birch', '{bob}', email => 'both@example.org', sms => '+12125550102');
SELECT test.guardian('jon', 'Jon', 'Birch', '{bob}', email => 'both@example.org');
SELECT test.guardian('kim', 'Kim', 'Birch', '{bob}', invalid => 'e');
SELECT test.guardian('lou', 'Lou', 'Birch', '{bob}');
SELECT test.guardian('max', 'Max', 'Maple', '{}', email => 'max@example.org');
SELECT test.guardian('ned', 'Ned', 'Birch', '{bob}', email => 'ned@example.org', role => 'relative');
SELECT test.guardian('oda', 'Oda', 'Cedar', '{cyd}', email => 'tea@example.org');
SELECT test.teacher('tea', 'Tea', 'Cher', 'tea@example.org'), test.teacher('uma', 'Uma', 'Cher');
SELECT test.user('adm', '{administrator}', 'Adm', 'Inwood', email => 'adm@example.org');
SELECT test.enroll('c1', 'ann'), test.enroll('c1', 'bob'), test.enroll('c1', 'tea', 'teacher');
SELECT test.sync() AS first_run \gset

CREATE FUNCTION pg_temp.told(p_person text, p_subject text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(e.verdict, ', ' ORDER BY e.step) FROM rosterd.explain_person(test.d(), p_person) e WHERE e.subject = p_subject $$;
CREATE FUNCTION pg_temp.why(p_person text, p_subject text DEFAULT 'decision') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(e.detail, ' | ' ORDER BY e.step) FROM rosterd.explain_person(test.d(), p_person) e WHERE e.subject = p_subject $$;
-- For every record: what the rules decide, beside what the directory shows.
CREATE FUNCTION pg_temp.wrong() RETURNS TABLE (who text, what text, told text, shown text) LANGUAGE plpgsql AS $$
DECLARE
    v sis.person;
BEGIN
    FOR v IN SELECT * FROM sis.person m WHERE m.district_id = test.d() LOOP
        CREATE TEMP TABLE answer ON COMMIT DROP AS SELECT * FROM rosterd.explain_person(test.d(), v.sourced_id);
        RETURN QUERY
        SELECT v.sourced_id, x.* FROM (
            SELECT 'decision', (SELECT a.verdict FROM answer a WHERE a.subject = 'decision'),
                   CASE WHEN EXISTS (SELECT FROM directory.person p WHERE p.district_id = v.district_id AND p.person_id = v.person_id)
                        THEN 'in the directory' ELSE 'not added' END
            UNION ALL
            SELECT 'connection', coalesce((SELECT a.verdict FROM answer a WHERE a.subject = 'connection'), 'not connected'),
                   CASE WHEN EXISTS (SELECT FROM api.connected k WHERE k.district_id = v.district_id AND k.person_id = v.person_id)
                        THEN 'connected' ELSE 'not connected' END
            UNION ALL
            SELECT 'schools', (SELECT string_agg(a.subject || ' ' || a.verdict, ', ' ORDER BY a.subject, a.verdict) FROM answer a WHERE a.subject LIKE 'school %'),
                   (SELECT string_agg(y.said, ', ' ORDER BY y.said)
                    FROM (SELECT 'school ' || s.sourced_id || ' ' || r.state || ' ' || r.role AS said
                          FROM directory.role r JOIN directory.school s USING (district_id, school_id)
                          WHERE r.district_id = v.district_id AND r.person_id = v.person_id) y)
            UNION ALL
            SELECT 'family', (SELECT string_agg(split_part(a.subject, ' ', 2), ' ' ORDER BY a.subject) FROM answer a
                              WHERE a.subject ~ '^(student|guardian) ' AND a.subject !~ ' of ' AND a.verdict = 'linked'),
                   (SELECT string_agg(test.name_of(CASE v.person_id WHEN g.student_id THEN g.guardian_id ELSE g.student_id END), ' '
                                      ORDER BY test.name_of(CASE v.person_id WHEN g.student_id THEN g.guardian_id ELSE g.student_id END))
                    FROM directory.guardianship g JOIN sis.person s ON s.district_id = v.district_id AND s.person_id = g.student_id AND s.live
                    JOIN sis.person o ON o.district_id = v.district_id AND o.person_id = g.guardian_id AND o.live
                    JOIN sis.link l ON l.district_id = v.district_id AND l.student = s.sourced_id AND l.guardian = o.sourced_id
                    WHERE g.district_id = v.district_id AND v.person_id IN (g.student_id, g.guardian_id))
            UNION ALL
            SELECT 'credentials', (SELECT string_agg(a.subject, ' ' ORDER BY a.subject) FROM answer a WHERE a.verdict = 'theirs'),
                   (SELECT string_agg(c.kind, ' ' ORDER BY c.kind) FROM directory.credential c
                    WHERE c.district_id = v.district_id AND c.person_id = v.person_id AND c.value IN (v.email, v.sms, v.phone))
            UNION ALL
            SELECT 'next run', (SELECT a.verdict FROM answer a WHERE a.subject = 'next run' AND a.verdict <> 'nothing to do'), NULL) x (a, b, c)
        WHERE x.b IS DISTINCT FROM x.c;
        DROP TABLE answer;
    END LOOP;
END $$;

-- rule: CRED-1
SELECT is_empty($$ SELECT * FROM pg_temp.wrong() $$, 'after the first night the answer for everybody is what the directory shows');
SELECT matches(pg_temp.why('gus', 'record'), format('^In users.csv, line 6 of the file of run %s', :first_run), 'it begins with the line in the file');
SELECT is(pg_temp.told('gus', 'decision') || ': ' || pg_temp.why('gus'), 'in the directory: They have a credential that is theirs alone (CRED-1).', 'added, because');
SELECT is(pg_temp.told('gus', 'email') || ', ' || pg_temp.told('gus', 'sms') || ', ' || pg_temp.told('gus', 'phone'), 'theirs, none, theirs', 'each credential has its verdict');
SELECT is(pg_temp.told('hal', 'email') || ': ' || pg_temp.why('hal', 'email'), 'shared: It is also claimed by: ivy, jon, so nobody gets it (CRED-4).', 'shared, with whom');
SELECT matches(pg_temp.told('hal', 'decision') || ': ' || pg_temp.why('hal'), '^not added: .*also claimed by: ivy, jon', 'so not added, in the words of the finding');
SELECT is(pg_temp.why('hal'), (SELECT f.message || ' (CRED-1)' FROM rosterd.finding f WHERE f.sourced_id = 'hal' AND f.code = 'guardian.shared'), 'word for word');
SELECT is(pg_temp.told('ivy', 'email') || ', ' || pg_temp.told('ivy', 'sms') || ', ' || pg_temp.told('ivy', 'decision'), 'shared, theirs, in the directory', 'one of their own is enough');
SELECT is(pg_temp.told('kim', 'email') || ', ' || pg_temp.told('kim', 'decision'), 'invalid, not added', 'invalid');
SELECT is(pg_temp.told('lou', 'email') || ', ' || pg_temp.told('lou', 'decision'), 'none, not added', 'none');
SELECT is(pg_temp.told('oda', 'email') || ': ' || pg_temp.why('oda', 'email'), 'held: It belongs to: tea (CRED-4).', 'held, by whom');
-- rule: IN-4
SELECT is(pg_temp.told('max', 'eligibility') || ', ' || pg_temp.told('max', 'email') || ', ' || pg_temp.told('max', 'decision'), 'not eligible, not used, not added', 'no student in the directory');
-- rule: IN-7
SELECT is(pg_temp.told('adm', 'role') || ', ' || pg_temp.told('adm', 'decision'), 'not brought in, not added', 'other roles are not brought in');
SELECT is(pg_temp.told('uma', 'role') || ', ' || pg_temp.told('uma', 'decision') || ', ' || pg_temp.told('uma', 'email'), 'teacher, in the directory, none', 'teachers are, also without an e-mail');
SELECT is(pg_temp.told('ann', 'guardian gus') || ', ' || pg_temp.told('ann', 'guardian hal'), 'linked, guardian not added', 'asked from the child''s side');
SELECT is((SELECT e.step || e.verdict FROM rosterd.explain_person(test.d(), 'zzz') e), '1unknown', 'an id nobody knows');
SELECT is(pg_temp.told('ann', 'sees school s1') || ', ' || pg_temp.told('ann', 'classroom c1') || ', ' || pg_temp.told('ann', 'student of gus'), 'student, student, linked', 'and what people see');
SELECT is(pg_temp.told('gus', 'made') || ', ' || pg_temp.told('gus', 'invitations'), format('run %s, 2 open', :first_run), 'by which run');
SELECT is((SELECT array_agg(e.step) FROM rosterd.explain_person(test.d(), 'gus') e), (SELECT array_agg(n) FROM generate_series(1, (SELECT count(*)::int FROM rosterd.explain_person(test.d(), 'gus'))) n), 'the steps are numbered');
SELECT is_empty($$ SELECT m.sourced_id, e.* FROM sis.person m CROSS JOIN LATERAL rosterd.explain_person(m.district_id, m.sourced_id) e
                   WHERE m.district_id = test.d()
                     AND e.detail ~ ('(@|\+1212|' || array_to_string(ARRAY(SELECT '\m' || p.family || '\M' FROM test.sis_person p), '|') || ')') $$,
    'no name, address or number of anybody is told');

-- it changes nothing
SELECT test.versions() AS before \gset
SELECT count(*) FROM rosterd.explain_person(test.d(), 'ann');
SELECT is(test.versions(), :'before', 'asking writes nothing');
SELECT is((SELECT count(*) FROM sync.scope), 1::bigint, 'also in the slots');

-- leaving, ending, settings, hands
SELECT test.accept('gus');
SELECT test.setting('relatives_are_guardians', 'false');
SELECT test.drop_person('bob'), test.drop_person('ivy');
SELECT test.guardian('jon', 'Jon', 'Birch', '{bob,cyd}', email => 'jon@example.org');
SELECT test.guardian('gus', 'Gus', 'Ash', '{}', email => 'gus@example.org', phone => '+12125550101');
SELECT test.student('cyd', 'Cyd', 'Cedar', schools => '{s2}');
SELECT test.drop_person('tea');
SELECT test.sync() AS second_run \gset
SELECT is_empty($$ SELECT * FROM pg_temp.wrong() $$, 'after people left, links ended and a setting changed, too');
SELECT is(pg_temp.told('bob', 'record') || ', ' || pg_temp.told('bob', 'shown in school s1') || ', ' || pg_temp.told('bob', 'decision'), 'gone, archived, in the directory', 'gone');
SELECT is(pg_temp.told('gus', 'student ann') || ', ' || pg_temp.told('gus', 'guardian of ann'), 'ended, suspended', 'ended');
SELECT is(pg_temp.told('gus', 'email') || ', ' || pg_temp.told('gus', 'account'), 'theirs, active', 'an active person holds what they hold');
SELECT is(pg_temp.told('ned', 'role') || ', ' || pg_temp.told('ned', 'decision'), 'not brought in, in the directory', 'a relative who does not count any more');
SELECT matches(pg_temp.told('gus', 'changed'), format('run %s', :second_run), 'the run that last touched them');
SELECT is(pg_temp.told('oda', 'email') || ', ' || pg_temp.told('oda', 'decision'), 'theirs, in the directory', 'a freed credential');

-- pinned, and unpinned again
SELECT rosterd.pin(test.d(), 'person', test.person('cyd'), 'asked by the school');
SELECT is(pg_temp.told('cyd', 'pin') || ' ' || pg_temp.why('cyd', 'pin'), format('pinned by %s on %s: asked by the school', session_user, current_date), 'pinned, by whom and why');
SELECT test.drop_person('cyd');
SELECT test.sync();
SELECT is_empty($$ SELECT * FROM pg_temp.wrong() $$, 'with a pin, too');
SELECT is(pg_temp.told('cyd', 'record') || ', ' || pg_temp.told('cyd', 'connection') || ': ' || pg_temp.why('cyd'), 'gone, connected: The record is gone; a pin keeps them where they were.', 'kept, because');
SELECT rosterd.unpin(test.d(), 'person', test.person('cyd'));
SELECT is(pg_temp.told('cyd', 'next run'), 'changes', 'what the next run will do is told before it does');
SELECT is((SELECT string_agg(w.who || ' ' || w.what, ', ' ORDER BY w.who, w.what) FROM pg_temp.wrong() w WHERE w.what = 'next run'), 'cyd next run, jon next run, oda next run', 'and for nobody else than the family');
SELECT test.sync(p_file => false);
SELECT is_empty($$ SELECT * FROM pg_temp.wrong() $$, 'which it does');

-- several SIS ids; a row that cannot be used
UPDATE sis.person SET person_id = test.person('gus') WHERE district_id = test.d() AND sourced_id = 'lou';
SELECT matches(pg_temp.why('lou', 'account'), 'SIS ids: gus, lou. One person with several records', 'several records of one person');
SELECT test.user('uma', '{student}', 'Uma', 'Cher');
SELECT test.sync();
SELECT is(pg_temp.told('uma', 'row') || ', ' || pg_temp.told('uma', 'role'), 'person.role_flip, teacher', 'a row that was not used');
UPDATE sis.person SET loss_withheld = true WHERE district_id = test.d() AND sourced_id = 'uma';
SELECT is(pg_temp.told('uma', 'record'), 'withheld', 'a loss that is held');
SELECT test.setting('abandonment', 'extreme');
SELECT test.drop_person('ann'), test.drop_person('hal'), test.drop_person('gus');
SELECT test.sync();
SELECT is(pg_temp.told('ann', 'shown in school s1') || ', ' || pg_temp.told('ann', 'connection'), 'detached, not connected', 'abandoned for good');

-- one person by two records, of which one has a student no more
SELECT test.setting('merge_duplicate_guardians', 'true');
SELECT test.student('dee', 'Dee', 'Dean'), test.student('fay', 'Fay', 'Dean');
SELECT test.guardian('pat.1', 'Pat', 'Dean', '{dee}', email => 'pat@example.org'), test.guardian('pat.2', 'Pat', 'Dean', '{dee,fay}', email => 'pat@example.org');
SELECT test.sync();
SELECT test.guardian('pat.2', 'Pat', 'Dean', '{fay}', email => 'pat@example.org');
SELECT test.sync();
SELECT is(test.guardians('dee') || ', ' || pg_temp.told('pat.2', 'student dee') || ': ' || pg_temp.why('pat.2', 'student dee'),
          'pat.1, linked: The SIS states it by another record of the same person.', 'what another record of the same person states has not ended');

-- who may ask
SELECT throws_ok($$ SELECT rosterd.explain_person(test.d() + 1, 'ann') $$, 'RS008', NULL, 'no such district');
SET LOCAL ROLE rosterd_csm;
SELECT isnt_empty($$ SELECT * FROM rosterd.explain_person((SELECT max(district_id) FROM rosterd.district), 'ann') $$, 'a CSM may ask');
SET LOCAL ROLE rosterd_app;
SELECT throws_ok($$ SELECT rosterd.explain_person(1, 'ann') $$, '42501', NULL, 'the app may not');
RESET ROLE;
UPDATE stage.slot SET run_id = 0;
SELECT throws_ok($$ SELECT rosterd.explain_person(test.d(), 'ann') $$, 'RS012', 'every slot is taken by a sync', 'when every slot is busy it says so');

SELECT * FROM finish();
ROLLBACK;
