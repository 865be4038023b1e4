-- What a first run of a large district need not look at twice.

-- students, teachers or guardians: as whom the run counts them
ALTER TABLE sync.plan_person ADD COLUMN kind text;

-- Which tables of the plan hold rows, instead of how many each: they are emptied whole or not at all.
ALTER TABLE stage.slot DROP COLUMN plan_rows, ADD COLUMN plan_filled text[];
