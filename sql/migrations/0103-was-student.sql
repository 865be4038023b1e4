-- sis.person knows only the last account that a record has left, and only as long as the record's row is there.
ALTER TABLE directory.person ADD COLUMN was_student boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN directory.person.was_student IS 'A student''s record was linked to somebody else and left this account behind: a child''s, which never becomes an adult''s (CRED-9).';
UPDATE directory.person AS p SET was_student = true
  FROM sis.person AS s
 WHERE s.district_id = p.district_id AND s.left_account = p.person_id
   AND strpos(U&'\001F' || s.roles, U&'\001Fstudent\001E') > 0;
