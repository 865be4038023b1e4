-- Now of the values alone, and in SQL.
DROP FUNCTION IF EXISTS sync.claimants_of(smallint, bigint, text[], text[], bigint[]);
