-- The accounts of both, NULL where there is none; student_account also if they are no student. guardian_live: their record
-- is, as a guardian's. judged: the guardian is.
ALTER TABLE sync.after_link ADD COLUMN student_account bigint, ADD COLUMN student_live boolean,
    ADD COLUMN guardian_account bigint, ADD COLUMN guardian_live boolean, ADD COLUMN judged boolean;
DROP FUNCTION IF EXISTS sync.identify_enrollments(smallint);
