-- Most of what changes in a night are enrollments at a school where their student or teacher is by their own
-- record. Nothing but one membership can come of such a change, so its person need not be judged for it.
CREATE TABLE sync.after_seat (
    slot smallint NOT NULL, person text COLLATE "C" NOT NULL, class text COLLATE "C" NOT NULL, account bigint NOT NULL,
    is_student boolean NOT NULL, is_teacher boolean NOT NULL, alone boolean NOT NULL DEFAULT true) PARTITION BY LIST (slot);
COMMENT ON TABLE sync.after_seat IS
    'A person''s place in a class that is judged although the person is not. is_student, is_teacher: by their record. alone: the person is not in the scope at all.';
DO $slots$
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE sync.after_seat_%1$s PARTITION OF sync.after_seat (slot DEFAULT %1$s) FOR VALUES IN (%1$s)
                        WITH (autovacuum_enabled = false)', v_slot);
    END LOOP;
END
$slots$;

-- alone: as in after_seat
ALTER TABLE sync.after_enrollment ADD COLUMN alone boolean NOT NULL DEFAULT false;
