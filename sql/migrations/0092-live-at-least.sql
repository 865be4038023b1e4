-- Now of many at once, so that it is planned by the statistics of the day and not by those of the session's first.
DROP FUNCTION IF EXISTS sync.live_at_least(bigint, text, bigint, bigint);
