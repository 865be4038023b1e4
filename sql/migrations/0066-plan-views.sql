-- account, judged: of the person; NULL if they are gone or have another role.
ALTER TABLE sync.after_enrollment ADD COLUMN account bigint, ADD COLUMN judged boolean;
-- Now a view, as sync.after_school is.
DROP FUNCTION IF EXISTS sync.plan_connected(smallint);
