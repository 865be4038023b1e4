-- One person may have several records of the SIS. Whose a record is, is person_id; how it came to be
-- theirs is said here.
ALTER TABLE sis.person
    ADD COLUMN attached text CONSTRAINT attached_is_known CHECK (attached IN ('merge', 'match', 'hand')),
    ADD COLUMN left_account bigint;
COMMENT ON COLUMN sis.person.attached IS 'NULL: the account is the record''s own. merge: another record''s, while they are duplicates (CRED-7). match: of somebody who was there before it (CRED-9, OFF-3). hand: by rosterd.link_person, and the record has not left the SIS since.';
COMMENT ON COLUMN sis.person.left_account IS 'The account it had before; what it stated there has moved with it.';

-- CRED-9 asks who answered for a credential: the person by proving it, or a leader by adding the person with it.
ALTER TABLE directory.credential ADD COLUMN vouched boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN directory.credential.vouched IS 'A leader, or the backend for a leader, added the person with it (CRED-9).';
UPDATE directory.credential AS c SET vouched = true
  FROM audit.change AS a
 WHERE a.district_id = c.district_id AND a.relation = 'directory.credential' AND a.key ->> 'value' = c.value
   AND (a.after ->> 'person_id')::bigint = c.person_id AND a.act IN ('add_guardian', 'add_teacher', 'appoint_leader');

-- Students made by hand are looked at by every run until the SIS has them (OFF-3).
CREATE INDEX role_student_by_hand ON directory.role (district_id, person_id) WHERE role = 'student' AND claim_manual;

-- A finding may be about somebody of whom the SIS knows nothing.
ALTER TABLE rosterd.finding ADD COLUMN person_id bigint;
COMMENT ON COLUMN rosterd.finding.person_id IS 'The account it is about, where no record of the SIS is theirs.';
ALTER TABLE sync.plan_finding ADD COLUMN account bigint;

-- was: the account before this run; attached and left_account: as in sis.person.
ALTER TABLE sync.after_person ADD COLUMN was bigint, ADD COLUMN attached text, ADD COLUMN left_account bigint;
-- managed: an active person whose details are the sync's (UPD-5)
ALTER TABLE sync.plan_account ADD COLUMN managed boolean NOT NULL DEFAULT false;

-- CRED-7. Which records have what in common: a credential that nobody of another name claims, or the
-- account. Those connected by a chain of these get one label.
CREATE TABLE sync.plan_duplicate (
    slot smallint NOT NULL, sourced_id text COLLATE "C" NOT NULL, common text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL) PARTITION BY LIST (slot);
DO $slots$
BEGIN
    FOR v_slot IN 0..7 LOOP
        EXECUTE format('CREATE UNLOGGED TABLE sync.plan_duplicate_%1$s PARTITION OF sync.plan_duplicate (slot DEFAULT %1$s) FOR VALUES IN (%1$s)
                        WITH (autovacuum_enabled = false)', v_slot);
    END LOOP;
END
$slots$;

COMMENT ON COLUMN rosterd.district.update_active_users IS 'CSM: true = the SIS also updates names and contact details of people who have accepted their invitation, and a notice is sent to the addresses they had; they cannot edit them then.';
COMMENT ON COLUMN rosterd.district.merge_duplicate_guardians IS 'CSM: true = guardians of the same name sharing a credential that nobody of another name claims are one person, linked to all their children. A wrong merge shows one family''s child to another, so ask first: rosterd.open_findings names the pairs.';
