-- The floor of any night: psql that copies the CSVs, every column as text, and does nothing with them.
-- Variable: folder (of the CSVs).
\set ON_ERROR_STOP on
\timing off
CREATE UNLOGGED TABLE raw_orgs ("sourcedId" text, status text, "dateLastModified" text, name text, type text, identifier text, "parentSourcedId" text);
CREATE UNLOGGED TABLE raw_sessions ("sourcedId" text, status text, "dateLastModified" text, title text, type text, "startDate" text, "endDate" text,
    "parentSourcedId" text, "schoolYear" text);
CREATE UNLOGGED TABLE raw_classes ("sourcedId" text, status text, "dateLastModified" text, title text, grades text, "courseSourcedId" text,
    "classCode" text, "classType" text, location text, "schoolSourcedId" text, "termSourcedIds" text, subjects text, "subjectCodes" text, periods text);
CREATE UNLOGGED TABLE raw_users ("sourcedId" text, status text, "dateLastModified" text, "enabledUser" text, "orgSourcedIds" text, role text,
    username text, "userIds" text, "givenName" text, "familyName" text, "middleName" text, identifier text, email text, sms text, phone text,
    "agentSourcedIds" text, grades text, password text);
CREATE UNLOGGED TABLE raw_enrollments ("sourcedId" text, status text, "dateLastModified" text, "classSourcedId" text, "schoolSourcedId" text,
    "userSourcedId" text, role text, "primary" text, "beginDate" text, "endDate" text);

\echo copy
SELECT clock_timestamp() AS began \gset
\set file :folder/orgs.csv
COPY raw_orgs FROM :'file' (FORMAT csv, HEADER);
\set file :folder/academicSessions.csv
COPY raw_sessions FROM :'file' (FORMAT csv, HEADER);
\set file :folder/classes.csv
COPY raw_classes FROM :'file' (FORMAT csv, HEADER);
\set file :folder/users.csv
COPY raw_users FROM :'file' (FORMAT csv, HEADER);
\set file :folder/enrollments.csv
COPY raw_enrollments FROM :'file' (FORMAT csv, HEADER);
SELECT 'copy_s', extract(epoch FROM clock_timestamp() - :'began'::timestamptz);
