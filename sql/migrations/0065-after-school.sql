-- Now the view sync.after_school: a function's rows were written and read once more.
DROP FUNCTION IF EXISTS sync.after_schools(smallint);
