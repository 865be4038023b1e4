-- A small district for the tests of the manual acts, written straight into the directory as a sync
-- would leave it, so that each test says everything its result depends on.
--
--   who('school.a') …           schools a (sis_rostering off) and b; school.gone is archived
--   who('class.synced')         synced, school a: teacher, pupil, sibling
--   who('class.manual')         by hand, school a: teacher (manual), pupil (manual)
--   who('class.archived')       synced, archived, school a: teacher, former (archived student), pupil
--   who('class.b')              synced, school b: teacher.b, pupil.b
--   pupil, sibling, other       students of a; pupil.b of b; former: archived at a; detached: EXTREME at a
--   parent                      of pupil and sibling; parent.former of former; parent.detached; parent.b
--   teacher (of the classes above), colleague (teacher at a, no class), teacher.b
--   leader (of a), leader.b, chief (district leader), manager (leader of a with USERS_MANAGER),
--   chief.manager (district leader with it), stranger (nothing ties them to anybody)
--   far.leader                  district leader of another district, far
CREATE SCHEMA t;
CREATE TABLE t.who (name text COLLATE "C" PRIMARY KEY, id bigint NOT NULL, kind text NOT NULL);

CREATE FUNCTION t.who(p_name text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE v_id bigint;
BEGIN
    SELECT w.id INTO STRICT v_id FROM t.who AS w WHERE w.name = p_name;
    RETURN v_id;
END $$;
CREATE FUNCTION t.d() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT t.who('oak') $$;

CREATE FUNCTION t.district(p_name text) RETURNS bigint LANGUAGE sql AS $$
    WITH d AS (INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES (p_name, p_name, true) RETURNING district_id)
    INSERT INTO t.who SELECT p_name, district_id, 'district' FROM d RETURNING id $$;

CREATE FUNCTION t.school(p_name text, p_archived boolean DEFAULT false) RETURNS bigint LANGUAGE sql AS $$
    WITH s AS (INSERT INTO directory.school (district_id, sourced_id, name, archived)
               VALUES (t.d(), p_name, p_name, p_archived) RETURNING school_id)
    INSERT INTO t.who SELECT p_name, school_id, 'school' FROM s RETURNING id $$;

-- A person with one e-mail, NAME@example.org; from the SIS (a live record) when p_synced.
CREATE FUNCTION t.person(p_name text, p_status text DEFAULT 'active', p_synced boolean DEFAULT true, p_role text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
    INSERT INTO directory.person (district_id, sourced_id, given_name, family_name, status)
    VALUES (t.d(), CASE WHEN p_synced THEN p_name END, initcap(p_name), 'Oakley', p_status) RETURNING person_id INTO v_id;
    INSERT INTO directory.credential (district_id, person_id, kind, value, manual)
    VALUES (t.d(), v_id, 'email', p_name || '@example.org', NOT p_synced);
    IF p_status = 'invitee' THEN
        INSERT INTO directory.invitation (district_id, person_id, kind, value) VALUES (t.d(), v_id, 'email', p_name || '@example.org');
    END IF;
    IF p_synced THEN
        INSERT INTO sis.person (district_id, sourced_id, given_name, family_name, roles, email, person_id, changed_by_run)
        VALUES (t.d(), p_name, initcap(p_name), 'Oakley', coalesce(p_role, 'guardian') || U&'\001E', p_name || '@example.org', v_id, 0);
    END IF;
    INSERT INTO t.who VALUES (p_name, v_id, 'person');
    RETURN v_id;
END $$;

CREATE FUNCTION t.role(p_person text, p_role text, p_school text, p_state text DEFAULT 'active', p_sis boolean DEFAULT true)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual, state)
    VALUES (t.d(), t.who(p_person), CASE WHEN p_school IS NULL THEN 0 ELSE t.who(p_school) END, p_role, p_sis, NOT p_sis, p_state) $$;

CREATE FUNCTION t.classroom(p_name text, p_school text, p_synced boolean DEFAULT true, p_archived_by text DEFAULT NULL)
RETURNS bigint LANGUAGE sql AS $$
    WITH c AS (
        INSERT INTO directory.classroom (district_id, school_id, sourced_id, sis_name, edited_name, synced, state, archived_by)
        VALUES (t.d(), t.who(p_school), CASE WHEN p_synced THEN p_name END, CASE WHEN p_synced THEN p_name END,
                CASE WHEN NOT p_synced THEN p_name END, p_synced,
                CASE WHEN p_archived_by IS NULL THEN 'active' ELSE 'archived' END, p_archived_by) RETURNING classroom_id)
    INSERT INTO t.who SELECT p_name, classroom_id, 'classroom' FROM c RETURNING id $$;

CREATE FUNCTION t.member(p_classroom text, p_person text, p_role text, p_sis boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, claim_manual)
    VALUES (t.d(), t.who(p_classroom), t.who(p_person), p_role, p_sis, NOT p_sis) $$;

CREATE FUNCTION t.guardian(p_guardian text, p_student text, p_sis boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    INSERT INTO directory.relationship (district_id, student_id, guardian_id, claim_sis, claim_manual)
    VALUES (t.d(), t.who(p_student), t.who(p_guardian), p_sis, NOT p_sis) $$;

CREATE FUNCTION t.secret(p_person text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT secret FROM directory.invitation WHERE district_id = t.d() AND person_id = t.who(p_person) AND state = 'open' $$;

CREATE FUNCTION t.setting(p_sql text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('UPDATE rosterd.district SET %s WHERE district_id = %s', p_sql, t.d()); END $$;

-- SQLSTATE of a statement, 'ok' when it succeeds; whatever it did is undone either way.
CREATE FUNCTION t.state_of(p_sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE p_sql;
    RAISE EXCEPTION USING ERRCODE = 'TTTTT';
EXCEPTION WHEN SQLSTATE 'TTTTT' THEN RETURN 'ok';
          WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

SELECT t.district('oak');
SELECT t.school('school.a'), t.school('school.b'), t.school('school.gone', true);

SELECT t.person(n, 'invitee', true, 'student') FROM unnest(ARRAY['pupil', 'sibling', 'other', 'pupil.b', 'former', 'detached']) AS n;
DELETE FROM directory.invitation WHERE district_id = t.d();
SELECT t.person(n) FROM unnest(ARRAY['parent', 'parent.former', 'parent.detached', 'parent.b', 'stranger']) AS n;
SELECT t.person(n, 'active', true, 'teacher') FROM unnest(ARRAY['teacher', 'colleague', 'teacher.b']) AS n;
SELECT t.person(n, 'active', false) FROM unnest(ARRAY['leader', 'leader.b', 'chief', 'manager', 'chief.manager']) AS n;

SELECT t.role(n, 'student', 'school.a') FROM unnest(ARRAY['pupil', 'sibling', 'other']) AS n;
SELECT t.role('pupil.b', 'student', 'school.b'), t.role('former', 'student', 'school.a', 'archived'),
       t.role('detached', 'student', 'school.a', 'detached');
SELECT t.role('teacher', 'teacher', 'school.a'), t.role('colleague', 'teacher', 'school.a'), t.role('teacher.b', 'teacher', 'school.b');
SELECT t.role('leader', 'school_leader', 'school.a', 'active', false), t.role('leader.b', 'school_leader', 'school.b', 'active', false),
       t.role('manager', 'school_leader', 'school.a', 'active', false),
       t.role('chief', 'district_leader', NULL, 'active', false), t.role('chief.manager', 'district_leader', NULL, 'active', false);
INSERT INTO directory.users_manager (district_id, person_id) VALUES (t.d(), t.who('manager')), (t.d(), t.who('chief.manager'));

SELECT t.guardian('parent', 'pupil'), t.guardian('parent', 'sibling'), t.guardian('parent.former', 'former'),
       t.guardian('parent.detached', 'detached'), t.guardian('parent.b', 'pupil.b');

SELECT t.classroom('class.synced', 'school.a'), t.classroom('class.manual', 'school.a', false),
       t.classroom('class.archived', 'school.a', true, 'sis'), t.classroom('class.b', 'school.b');
SELECT t.member('class.synced', 'teacher', 'teacher'), t.member('class.synced', 'pupil', 'student'), t.member('class.synced', 'sibling', 'student'),
       t.member('class.manual', 'teacher', 'teacher', false), t.member('class.manual', 'pupil', 'student', false),
       t.member('class.archived', 'teacher', 'teacher'), t.member('class.archived', 'former', 'student'), t.member('class.archived', 'pupil', 'student'),
       t.member('class.b', 'teacher.b', 'teacher'), t.member('class.b', 'pupil.b', 'student');
-- EXTREME took the detached student out of a class without destroying the row
INSERT INTO directory.membership (district_id, classroom_id, person_id, role, claim_sis, detached)
VALUES (t.d(), t.who('class.archived'), t.who('detached'), 'student', true, true);

INSERT INTO directory.backpack_item (district_id, classroom_id, student_id, title)
SELECT t.d(), t.who(c), t.who(p), p || ' in ' || c
  FROM (VALUES ('class.synced', 'pupil'), ('class.manual', 'pupil'), ('class.archived', 'pupil'), ('class.archived', 'former'),
               ('class.synced', 'former'), ('class.archived', 'detached'), ('class.b', 'pupil.b')) AS b (c, p);

WITH d AS (INSERT INTO rosterd.district (slug, name, sync_enabled) VALUES ('far', 'far', true) RETURNING district_id),
     w AS (INSERT INTO t.who SELECT 'far', district_id, 'district' FROM d RETURNING id),
     p AS (INSERT INTO directory.person (district_id, given_name, family_name, status)
           SELECT id, 'Far', 'Leader', 'active' FROM w RETURNING district_id, person_id),
     r AS (INSERT INTO directory.role (district_id, person_id, school_id, role, claim_sis, claim_manual)
           SELECT district_id, person_id, 0, 'district_leader', false, true FROM p)
INSERT INTO t.who SELECT 'far.leader', person_id, 'person' FROM p;
