-- What a run judges is what changed and its neighbours. Whatever happens, judging the whole district
-- after it must find nothing left to change. A random history with a seed that is shown.
-- rule: CRED-6
-- rule: UPD-3
-- rule: UPD-6
BEGIN;
\ir lib.sql
SELECT plan(82);
SELECT test.district();
SELECT test.org('s2', 'School 2'), test.org('s3', 'School 3');
CREATE TEMP TABLE seed AS SELECT coalesce(nullif(current_setting('rosterd.seed', true), '')::double precision, 0.2026) AS value;
SELECT diag('seed ' || value) FROM seed;
SELECT setseed(value) FROM seed;

CREATE FUNCTION pg_temp.any_of(text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT $1[1 + floor(random() * cardinality($1))::int] $$;
CREATE FUNCTION pg_temp.some_of(text[], double precision) RETURNS text[] LANGUAGE sql VOLATILE AS $$ SELECT ARRAY(SELECT x FROM unnest($1) x WHERE random() < $2) $$;
CREATE FUNCTION pg_temp.ids(p_prefix text, n int) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY(SELECT p_prefix || i FROM generate_series(1, n) i) $$;
CREATE FUNCTION pg_temp.address() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.75 THEN 'm' || floor(random() * 14) || '@example.org' END $$;
CREATE FUNCTION pg_temp.number() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.3 THEN '+1555000000' || floor(random() * 8) END $$;
CREATE FUNCTION pg_temp.schools() RETURNS text[] LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.9 THEN ARRAY[pg_temp.any_of('{s1,s2,s3}')] ELSE '{s1,s2}' END $$;
CREATE FUNCTION pg_temp.account() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT person_id FROM directory.person ORDER BY random() LIMIT 1 $$;

CREATE FUNCTION pg_temp.act() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_kind text := pg_temp.any_of('{student,student,guardian,guardian,guardian,teacher,class,enroll,enroll,drop_person,drop_person,drop_class,drop_enroll,accept,edit,tie,room,join,archive,enable,extreme,school}');
    v_id text;
    v_person bigint := pg_temp.account();
BEGIN
    CASE v_kind
    WHEN 'student' THEN PERFORM test.student(pg_temp.any_of(pg_temp.ids('s', 10)), 'S', 'Ash', email => pg_temp.address(), schools => pg_temp.schools(),
                                             agents => pg_temp.some_of(pg_temp.ids('g', 10), 0.1));
    WHEN 'guardian' THEN PERFORM test.guardian(pg_temp.any_of(pg_temp.ids('g', 10)), 'G' || CASE WHEN random() < 0.2 THEN 'x' ELSE '' END, 'Ash', pg_temp.some_of(pg_temp.ids('s', 10), 0.2),
                                               email => pg_temp.address(), sms => pg_temp.number(), phone => pg_temp.number());
    WHEN 'teacher' THEN PERFORM test.teacher(pg_temp.any_of(pg_temp.ids('t', 4)), 'T', 'Ash', pg_temp.address(), pg_temp.schools());
    WHEN 'class' THEN PERFORM test.class(pg_temp.any_of(pg_temp.ids('c', 5)), 'Class', pg_temp.any_of('{s1,s2,s3}'));
    WHEN 'enroll' THEN
        PERFORM test.enroll(pg_temp.any_of(pg_temp.ids('c', 5)), x, 'student',
                            begin_date => CASE WHEN random() < 0.3 THEN (current_date + (random() * 70)::int)::text END,
                            end_date => CASE WHEN random() < 0.3 THEN (current_date + (random() * 10)::int)::text END)
        FROM unnest(pg_temp.some_of(pg_temp.ids('s', 10), 0.4)) x;
        PERFORM test.enroll(pg_temp.any_of(pg_temp.ids('c', 5)), pg_temp.any_of(pg_temp.ids('t', 4)), 'teacher');
    WHEN 'drop_person' THEN PERFORM test.drop_person(x) FROM unnest(pg_temp.some_of(pg_temp.ids('s', 10) || pg_temp.ids('g', 10) || pg_temp.ids('t', 4), 0.1)) x;
    WHEN 'drop_class' THEN PERFORM test.drop_class(pg_temp.any_of(pg_temp.ids('c', 5)));
    WHEN 'drop_enroll' THEN PERFORM test.drop_enroll(e.class, e.person) FROM test.sis_enroll e WHERE random() < 0.2;
    WHEN 'accept' THEN PERFORM api.accept_invitation(i.district_id, i.secret) FROM directory.invitation i JOIN directory.credential c USING (district_id, person_id, value)
                      WHERE i.state = 'open' ORDER BY random() LIMIT 1;
    WHEN 'edit' THEN
        UPDATE directory.person SET given_name = 'Hand' WHERE person_id = v_person;
        DELETE FROM directory.credential WHERE person_id = v_person AND random() < 0.5;
        v_id := coalesce(pg_temp.address(), 'hand@example.org');
        INSERT INTO directory.credential (district_id, person_id, kind, value, manual) SELECT test.d(), v_person, 'email', v_id, true
        WHERE EXISTS (SELECT FROM directory.relationship WHERE guardian_id = v_person) AND NOT EXISTS (SELECT FROM directory.credential WHERE value = v_id);
        INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', v_person WHERE v_person IS NOT NULL;
    WHEN 'tie' THEN
        UPDATE directory.relationship SET claim_manual = NOT claim_manual WHERE guardian_id = v_person AND claim_sis;
        INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', v_person WHERE v_person IS NOT NULL;
    WHEN 'room' THEN
        INSERT INTO directory.classroom (district_id, school_id, edited_name, synced) SELECT test.d(), school_id, 'Hand', false FROM directory.school ORDER BY random() LIMIT 1
        RETURNING classroom_id INTO v_person;
        INSERT INTO sync.mark (district_id, kind, id) VALUES (test.d(), 'classroom', v_person);
    WHEN 'join' THEN
        INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
        SELECT test.d(), c.classroom_id, r.person_id, r.role, false, true FROM directory.role r JOIN directory.classroom c USING (school_id)
        WHERE r.role IN ('student', 'teacher') AND c.state = 'active' AND r.state = 'active' ORDER BY random() LIMIT 1
        ON CONFLICT ON CONSTRAINT membership_pkey DO UPDATE SET claim_manual = true
        RETURNING person_id INTO v_person;
        INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', v_person WHERE v_person IS NOT NULL;
    WHEN 'archive' THEN
        UPDATE directory.classroom SET state = CASE state WHEN 'active' THEN 'archived' ELSE 'active' END, archived_by = CASE state WHEN 'active' THEN 'hand' END
        WHERE classroom_id = (SELECT classroom_id FROM directory.classroom ORDER BY random() LIMIT 1) RETURNING classroom_id INTO v_person;
        INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'classroom', v_person WHERE v_person IS NOT NULL;
    WHEN 'extreme' THEN PERFORM test.setting('abandonment', pg_temp.any_of('{soft,extreme}'));
    WHEN 'school' THEN
        IF random() < 0.3 THEN PERFORM test.drop_org('s3'); ELSE PERFORM test.org('s3', 'School 3'); END IF;
    WHEN 'enable' THEN
        UPDATE directory.person SET account_enabled = true WHERE person_id = v_person;
        INSERT INTO sync.mark (district_id, kind, id) SELECT test.d(), 'person', v_person WHERE v_person IS NOT NULL;
    END CASE;
    RETURN v_kind;
END $$;

CREATE FUNCTION pg_temp.all_findings() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(f::text, ' ' ORDER BY finding_id), '') FROM rosterd.finding f WHERE closed_by_run IS NULL $$;

-- One step: some acts, a run, and then everything judged.
CREATE FUNCTION pg_temp.step(n int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_acts text := '';
    v_whole boolean;
    v_versions text;
    v_findings text;
BEGIN
    FOR i IN 1 .. 1 + floor(random() * 4) LOOP
        v_acts := v_acts || ' ' || pg_temp.act();
    END LOOP;
    IF random() < 0.2 THEN
        EXECUTE format('CREATE OR REPLACE FUNCTION sync.today(p_district bigint) RETURNS date LANGUAGE sql STABLE AS $f$ SELECT current_date + %s $f$', n / 2);
    END IF;
    PERFORM test.sync(p_file => random() < 0.8);
    SELECT whole INTO v_whole FROM sync.scope;
    v_versions := test.versions();
    v_findings := pg_temp.all_findings();
    UPDATE sis.judged SET rules_version = 0;
    PERFORM test.sync(p_file => false);
    RETURN NEXT is(test.versions(), v_versions, 'step ' || n || CASE WHEN v_whole THEN ' (whole)' ELSE '' END || ':' || v_acts);
    RETURN NEXT is(pg_temp.all_findings(), v_findings, 'its findings');
END $$;
SELECT test.sync();
SELECT pg_temp.step(n) FROM generate_series(1, 40) n;
-- Said of the seed of every day; another one may be poorer.
SELECT ok(value <> 0.2026 OR (SELECT count(*) FROM directory.person) > 15, 'there were people in it') FROM seed;
SELECT ok(value <> 0.2026 OR (SELECT count(DISTINCT rule) FROM audit.change WHERE run_id IS NOT NULL) >= 6, 'and many rules did something') FROM seed;
SELECT diag('rules: ' || string_agg(DISTINCT rule, ' ')) FROM audit.change;
SELECT * FROM finish();
ROLLBACK;
