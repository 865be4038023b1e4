-- Now sync.slot_tables, which also names the tables that the worker fills.
DROP FUNCTION IF EXISTS sync.plan_tables(text);
