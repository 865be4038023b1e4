CREATE OR REPLACE FUNCTION sync.file_of(p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $function$
    SELECT CASE p_kind
        WHEN 'org' THEN 'orgs.csv' WHEN 'session' THEN 'academicSessions.csv' WHEN 'course' THEN 'courses.csv'
        WHEN 'class' THEN 'classes.csv' WHEN 'person' THEN 'users.csv' WHEN 'link' THEN 'users.csv'
        WHEN 'enrollment' THEN 'enrollments.csv' WHEN 'role' THEN 'roles.csv' END
$function$;

COMMENT ON FUNCTION sync.file_of(text) IS 'The file of the package that a kind of record comes from. No SET clause, so that it is inlined.';
REVOKE ALL ON FUNCTION sync.file_of(text) FROM PUBLIC;
