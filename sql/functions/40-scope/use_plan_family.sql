-- Statistics cannot know a district that has just arrived: with those of a small one, joins become
-- loops over every row of the district for every row of the file, and take minutes instead of
-- seconds. So no joins by loops at all: what is small is fetched by an array of keys, which is an
-- index scan whatever the statistics say, and everything else is hashed.
CREATE OR REPLACE FUNCTION sync.use_plan_family() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
           set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true),
           set_config('work_mem', '256MB', true), set_config('hash_mem_multiplier', '2', true)
$function$;

COMMENT ON FUNCTION sync.use_plan_family() IS 'How the planner has to work for the rest of the transaction.';
REVOKE ALL ON FUNCTION sync.use_plan_family() FROM PUBLIC;
